import { isTabNavigation } from '@sealgate/kit/gateway'

/** What scripts say of their own requests, where the browser says nothing. */
const BY_SCRIPT = ['X-Requested-With', 'HX-Request', 'Turbo-Frame']

/**
 * True when a person looks at a tab that waits for this response. Not for what a browser fetches ahead, for frames, and for
 * scripts: a redirect to another site would help none of them. A browser without `Sec-Fetch-*` asks for HTML.
 */
export function isNavigation({ method, headers }: Request): boolean {
  if (method !== 'GET' || isAhead(headers)) return false
  if (headers.has('Sec-Fetch-Mode')) return isTabNavigation(headers)
  return acceptsHtml(headers) && !BY_SCRIPT.some((name) => headers.has(name))
}

/** True for a client that says that it shows HTML. */
export function acceptsHtml(headers: Headers): boolean {
  return (headers.get('Accept') ?? '').toLowerCase().includes('text/html')
}

/** `Sec-Purpose` (WHATWG Fetch §3.8), and what browsers sent before it. */
function isAhead(headers: Headers): boolean {
  const purpose = ['Sec-Purpose', 'Purpose', 'X-Purpose', 'X-Moz'].map((name) => headers.get(name) ?? '')
  return purpose.some((one) => /prefetch|preview|prerender/i.test(one))
}
