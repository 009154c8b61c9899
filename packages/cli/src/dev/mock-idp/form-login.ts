/** A browser reduced to what the login needs: it keeps cookies and follows redirects until they leave the tenant. */
export class FormBrowser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  /** @param baseUrl the tenant's */
  constructor(baseUrl: string) {
    this.#origin = new URL(baseUrl).origin
  }

  /** One request with the cookies; redirects are not followed. */
  async request(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    headers.set('Accept', 'text/html')
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    return response
  }

  /** Follows redirects; ends at the first answer that is none, or at the first address outside the tenant. */
  async follow(start: string | URL): Promise<Response | URL> {
    let url = new URL(start)
    for (let hops = 0; hops < 10; hops++) {
      const response = await this.request(url)
      const location = response.headers.get('location')
      if (location === null) return response
      url = new URL(location, url)
      if (url.origin !== this.#origin) return url
    }
    throw new Error('The tenant redirects in a circle.')
  }

  /** Opens an authorization URL, fills the form in, and returns where the browser is sent: normally the callback. */
  async logIn(authorizeUrl: string | URL, username: string, password: string): Promise<URL> {
    const page = await this.follow(authorizeUrl)
    if (page instanceof URL) return page
    const sent = await this.submit(page.url, username, password)
    const location = sent.headers.get('location')
    if (location === null) throw new Error(`The login was rejected with status ${sent.status}.`)
    const end = await this.follow(new URL(location, page.url))
    if (end instanceof URL) return end
    throw new Error(`The login ended at the tenant with status ${end.status}.`)
  }

  /** Sends the login form. */
  submit(formUrl: string, username: string, password: string): Promise<Response> {
    return this.request(formUrl, { method: 'POST', body: new URLSearchParams({ username, password }) })
  }

  #keep(setCookie: string): void {
    const [pair = ''] = setCookie.split(';')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    if (value === '' || /;\s*expires=Thu, 01 Jan 1970/i.test(setCookie)) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}
