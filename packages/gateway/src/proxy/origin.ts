/** What an origin says of its own host, and not of the gateway's: of its connections, its https, who hears of its errors. */
const OF_ITS_HOST = ['alt-svc', 'strict-transport-security', 'nel', 'report-to', 'expect-ct']

/** The same path and query at another origin. The path is in its plain form: it begins with one slash. */
export function atOrigin(origin: string, url: string): string {
  const { pathname, search } = new URL(url)
  return `${origin}${pathname}${search}`
}

/**
 * Takes out of the response of an origin what it may not say of the gateway's host, and turns a redirect within the origin
 * into one within the gateway. A redirect elsewhere is passed on as it came: whom to follow is the client's to decide.
 *
 * @param requested the URL that was requested of the origin
 * @param own the gateway's own origin
 */
export function adoptResponse(headers: Headers, requested: string, own: string): void {
  for (const name of OF_ITS_HOST) headers.delete(name)
  const location = headers.get('Location')
  if (location === null || !URL.canParse(location, requested)) return
  const target = new URL(location, requested)
  // With its origin: a path that begins with two slashes would name another host.
  if (target.origin === new URL(requested).origin) {
    headers.set('Location', `${own}${target.pathname}${target.search}${target.hash}`)
  }
}
