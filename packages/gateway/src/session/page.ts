import { codeOf, errorResponse, GatewayError, rowOf } from '../errors.ts'
import type { Branding } from '../config/branding-definition.ts'
import type { Config } from '../config/read-config.ts'
import { DEFAULT_CALLBACK_PATH, LOGIN_PATH } from '../config/reserved-paths.ts'
import { encodeUtf8 } from '../observability/utf8.ts'
import { acceptsHtml } from '../http/navigation.ts'
import { originOf } from './cookies.ts'
import { styleOf } from './page-style.ts'
import { textOf } from './page-texts.ts'

/** A login that failed so often is not offered again: it would fail in a circle. */
const MAX_TRIES = 2

/** What the page looks like, and where it stands. */
export interface PageContext {
  /** What the page calls this site. */
  readonly site: string
  readonly branding: Branding
  /** Path and query of a route that somebody opened; absent at a login. */
  readonly place?: string
}

/** The most that is shown of what Auth0 says, in characters. */
const MAX_SAID = 200

/**
 * True when an error is better told as a page than as JSON: browsers are sent to login and callback, and a person reads
 * what went wrong there.
 */
export function wantsPage({ url, headers }: Request, callbackPath: string = DEFAULT_CALLBACK_PATH): boolean {
  return [LOGIN_PATH, callbackPath].includes(new URL(url).pathname) && acceptsHtml(headers)
}

/** What the pages call this site: its name, else its host. Without a gateway, because of its configuration, the host. */
export function siteOf(gateway: { readonly config: Config } | undefined, request: Request): string {
  const origin = gateway ? originOf(gateway.config, request) : request.url
  return gateway?.config.branding.name ?? new URL(origin).host
}

/**
 * The response for an error as a page: fixed texts by cause, the words of Auth0 where it denied a login, and one way on. No
 * script, no frame, nothing from elsewhere; one style sheet, named by its hash.
 */
export async function errorPage(error: unknown, requestId: string, page: PageContext): Promise<Response> {
  const { site, branding, place } = page
  const { status, headers: given } = errorResponse(error, requestId)
  const style = styleOf(branding)
  const headers = new Headers(given)
  headers.set('Content-Type', 'text/html; charset=utf-8')
  headers.set('Content-Security-Policy', await policyOf(style, branding))
  const { login, said } = error instanceof GatewayError ? error : {}
  const isLast = login !== undefined && login.tries >= MAX_TRIES
  const [title, text] = textOf(error, { site, isLast, isAtLogin: place === undefined })
  const [way, href] = isLast ? (['Go to the start page', '/'] as const) : wayOn(error, place)
  const quoted = said === undefined ? '' : plainText(said)
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${title} · ${site}`)}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="site">${mastheadOf(site, branding)}</p>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${quoted === '' ? '' : `<p>Auth0 says:</p>\n<blockquote>${escapeHtml(quoted)}</blockquote>\n`}${
    isLast ? '<p>It failed more than once, so it is not offered again.</p>\n' : ''
  }<p class="ways"><a class="button" href="${escapeHtml(href)}">${way}</a>${supportLink(branding)}</p>
<p class="request">If you ask for help, name this request: <code>${escapeHtml(requestId)}</code></p>
</main>
</body>
</html>
`
  return new Response(html, { status, headers })
}

/** The one way on: a new login; at a route whatever may help. */
function wayOn(error: unknown, place: string | undefined): readonly [words: string, href: string] {
  const code = codeOf(error)
  if (place === undefined) {
    const { login } = error instanceof GatewayError ? error : {}
    return [code === 'invalid_request' ? 'Log in' : 'Log in again', loginLink(login)]
  }
  const { status } = rowOf(code)
  if (status === 401) return ['Log in again', loginLink({ returnTo: place, tries: 1 })]
  return status >= 500 || status === 429 ? ['Try again', place] : ['Go to the start page', '/']
}

/** The logo, else the name. */
function mastheadOf(site: string, { logo, logoDark }: Branding): string {
  const dark = logoDark ?? logo
  if (logo === undefined && dark === undefined) return escapeHtml(site)
  const source =
    logo === undefined || logoDark === undefined
      ? ''
      : `<source srcset="${escapeHtml(logoDark)}" media="(prefers-color-scheme: dark)">`
  return `<picture>${source}<img class="logo" src="${escapeHtml(logo ?? dark ?? '')}" alt="${escapeHtml(site)}"></picture>`
}

function supportLink({ supportUrl }: Branding): string {
  if (supportUrl === undefined) return ''
  return `<a class="support" href="${escapeHtml(supportUrl)}" rel="noreferrer">Get help</a>`
}

/** CSP Level 3: this style sheet, and images only where the page has a logo. */
async function policyOf(style: string, { logo, logoDark }: Branding): Promise<string> {
  const logos = [logo, logoDark].filter((one) => one !== undefined)
  const images = [
    ...(logos.some((one) => one.startsWith('/')) ? ["'self'"] : []),
    ...(logos.some((one) => one.startsWith('data:')) ? ['data:'] : []),
  ]
  return [
    "default-src 'none'",
    `style-src '${await sourceHash(style)}'`,
    ...(images.length > 0 ? [`img-src ${images.join(' ')}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
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
