import { codeOf, type ErrorCode, errorResponse, GatewayError, rowOf } from '../errors.ts'
import type { Config } from '../config/read-config.ts'
import { LOGIN_PATH } from '../config/reserved-paths.ts'
import { encodeUtf8 } from '../observability/utf8.ts'
import { originOf } from './cookies.ts'

/** A login that failed so often is not offered again: it would fail in a circle. */
const MAX_TRIES = 2

/** The most that is shown of what Auth0 says, in characters. */
const MAX_SAID = 200

/**
 * True when an error is better told as a page than as JSON: browsers are sent to login and callback, and a person reads
 * what went wrong there.
 */
export function wantsPage({ url, headers }: Request, callbackPath: string): boolean {
  const isForPeople = [LOGIN_PATH, callbackPath].includes(new URL(url).pathname)
  return isForPeople && (headers.get('Accept') ?? '').includes('text/html')
}

/** What the pages call this site: `SITE_NAME`, else its host. Without a gateway, because of its configuration, the host. */
export function siteOf(gateway: { readonly config: Config } | undefined, request: Request): string {
  const origin = gateway ? originOf(gateway.config, request) : request.url
  return gateway?.config.variables.SITE_NAME ?? new URL(origin).host
}

/** What a page says: its title, and a sentence or two. */
type Text = (site: string, isLast: boolean) => readonly [title: string, text: string]

/** What a person is told, by cause. What has no line gets that of its status. */
const TEXTS: Readonly<Partial<Record<ErrorCode, Text>>> = {
  login_expired: () => [
    'This login took too long',
    'It was not finished within ten minutes. Nothing has changed.',
  ],
  login_unknown: (site, isLast) => [
    'This login is over',
    isLast
      ? `The browser sent no cookie of this login again. Please allow cookies for ${site}.`
      : `It was finished before, or it began in another browser. If it was not, please allow cookies for ${site}.`,
  ],
  login_failed: () => [
    'The login could not be completed',
    'What came back does not belong to the login that was begun here. Nothing has changed.',
  ],
  login_denied: (site) => [
    'Auth0 denied the login',
    `Auth0, which logs people in for ${site}, did not let you in.`,
  ],
  rate_limited: () => ['Too many logins', 'Too many logins came from your network. Please wait a minute.'],
  auth0_failed: auth0Down,
  auth0_unavailable: auth0Down,
  invalid_request: () => ['This link does not work', 'It is not one that this site makes.'],
}

function auth0Down(site: string): readonly [string, string] {
  return [
    'Logging in is not possible right now',
    `Auth0, which logs people in for ${site}, does not respond.`,
  ]
}

function textOf(error: unknown, site: string, isLast: boolean): readonly [title: string, text: string] {
  const code = codeOf(error)
  const { status } = rowOf(code)
  return (
    TEXTS[code]?.(site, isLast) ?? [
      'The login could not be completed',
      status < 500 ? 'This site did not accept it.' : 'Something went wrong on our side.',
    ]
  )
}

/**
 * The response for an error as a page: fixed texts by cause, the words of Auth0 where it denied a login, and one way on. No
 * script, no frame, nothing from elsewhere; one style sheet, named by its hash.
 *
 * @param site what the page calls this site
 */
export async function errorPage(error: unknown, requestId: string, site: string): Promise<Response> {
  const { status, headers: given } = errorResponse(error, requestId)
  const headers = new Headers(given)
  headers.set('Content-Type', 'text/html; charset=utf-8')
  headers.set(
    'Content-Security-Policy',
    `default-src 'none'; style-src '${await sourceHash(STYLE)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  const { login, said } = error instanceof GatewayError ? error : {}
  const isLast = login !== undefined && login.tries >= MAX_TRIES
  const begin = codeOf(error) === 'invalid_request' ? 'Log in' : 'Log in again'
  const [title, text] = textOf(error, site, isLast)
  const quoted = said === undefined ? '' : plainText(said)
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${title} · ${site}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="site">${escapeHtml(site)}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${quoted === '' ? '' : `<p>Auth0 says:</p>\n<blockquote>${escapeHtml(quoted)}</blockquote>\n`}${
    isLast ? '<p>It failed more than once, so it is not offered again.</p>\n' : ''
  }<p><a class="button" href="${escapeHtml(isLast ? '/' : loginLink(login))}">${isLast ? 'Go to the start page' : begin}</a></p>
<p class="request">If you ask for help, name this request: <code>${escapeHtml(requestId)}</code></p>
</main>
</body>
</html>
`
  return new Response(page, { status, headers })
}

function loginLink(login: GatewayError['login']): string {
  if (!login) return LOGIN_PATH
  return `${LOGIN_PATH}?${new URLSearchParams({ returnTo: login.returnTo, tries: String(login.tries) }).toString()}`
}

/** Anybody's text on one line, cut: control and format characters, which could turn what stands beside it, are left out. */
function plainText(text: string): string {
  const characters = Array.from(text.slice(0, 4 * MAX_SAID).replace(/[\p{C}\p{Z}]/gu, ' '))
  const isCut = characters.length > MAX_SAID
  return `${characters.slice(0, MAX_SAID).join('').trim()}${isCut ? '…' : ''}`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** CSP Level 3 §2.3.1 `hash-source`. */
async function sourceHash(source: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', encodeUtf8(source)))
  return `sha256-${btoa(String.fromCharCode(...hash))}`
}

/** Each text has a contrast of 4.5:1 at least (WCAG 2.2, 1.4.3), in light and in dark. */
const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1b1f24; --soft: #545d69; --line: #d5d9df; --act: #1d4ed8; --on-act: #fff }
@media (prefers-color-scheme: dark) {
  :root { --page: #101317; --card: #191e24; --text: #eceff3; --soft: #a7b0bc; --line: #343c46; --act: #93b4ff; --on-act: #0b1530 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { width: 100%; max-width: 30rem; padding: clamp(1.25rem, 6vw, 2.5rem); background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
p { margin: 0 0 1rem }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
.site { color: var(--soft); font-weight: 600 }
blockquote { margin: 0 0 1rem; padding-left: .875rem; border-left: 3px solid var(--line) }
.button { display: inline-block; margin-top: .5rem; padding: .7rem 1.25rem; border-radius: .5rem; background: var(--act); color: var(--on-act); font-weight: 600; text-decoration: none }
.button:hover { text-decoration: underline }
.button:focus-visible { outline: 3px solid var(--act); outline-offset: 3px }
.request { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem }
code { display: block; font: .875em ui-monospace, monospace; user-select: all }
`
