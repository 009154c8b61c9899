import { errorResponse } from '../errors.ts'

/** The paths that browsers are sent to: a person reads what went wrong there. */
const PAGES = ['/auth/login', '/auth/callback']

/** True when an error is better told as a page than as JSON. */
export function wantsPage({ url, headers }: Request): boolean {
  return PAGES.includes(new URL(url).pathname) && (headers.get('Accept') ?? '').includes('text/html')
}

/**
 * The response for an error as a page: the texts of the error table, and nothing that came with the request. No script, no
 * style, no frame, nothing from elsewhere.
 */
export async function errorPage(error: unknown, requestId: string): Promise<Response> {
  const response = errorResponse(error, requestId)
  const headers = new Headers(response.headers)
  headers.set('Content-Type', 'text/html; charset=utf-8')
  headers.set(
    'Content-Security-Policy',
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Referrer-Policy', 'no-referrer')
  const { error: code, error_description: description } = await response.json<Record<string, string>>()
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Login failed</title>
<main>
<h1>Login failed</h1>
<p>${escapeHtml(description ?? '')}.</p>
<p><a href="/auth/login">Try again</a></p>
<p><small>${escapeHtml(code ?? '')} · ${escapeHtml(requestId)}</small></p>
</main>
</html>
`
  return new Response(page, { status: response.status, headers })
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
