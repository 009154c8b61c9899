import { randomBytes } from 'node:crypto'
import { demoClients, FormBrowser, type TenantUser } from 'sealgate/internal'
import { startSystem, type System } from './system.ts'

/** The gateway's own public origin in these tests: one that the tenant knows as a callback. */
export const ORIGIN = 'http://127.0.0.1:8787'

/** The gateway's cookies: on http at loopback, so without their prefix. */
export const SESSION = 'sealgate-session'
/** Each login under way has a cookie of its own, whose name begins so. */
export const LOGIN = 'sealgate-login-'

/** A system whose gateway has logins. */
export function startWithLogins(gatewayVars: Readonly<Record<string, string>> = {}): Promise<System> {
  return startSystem({
    gatewayVars: { BASE_URL: ORIGIN, AUTH0_CLIENT_ID: demoClients.web.clientId, ...gatewayVars },
    gatewaySecrets: {
      AUTH0_CLIENT_SECRET: demoClients.web.clientSecret,
      SESSION_SECRET: randomBytes(32).toString('base64url'),
    },
  })
}

/** A request to the gateway with one cookie, and nothing else of a browser. */
export function withCookie(site: Site, path: string, name: string, value: string): Promise<Response> {
  return site.gateway(path, { headers: { Cookie: `${name}=${value}` } })
}

/** What an error answer says: its status, its error and who rejected. None is ever stored. */
export async function errorOf(
  response: Response,
): Promise<readonly [status: number, error: unknown, source: unknown]> {
  const { error, source } = (await response.json()) as { error: unknown; source: unknown }
  if (response.headers.get('Cache-Control') !== 'no-store') throw new Error('an error may be stored')
  return [response.status, error, source]
}

/** What a browser needs to know: the gateway, and the tenant where it logs in. */
export interface Site {
  gateway(path: string, init?: RequestInit): Promise<Response>
  readonly tenant: { readonly baseUrl: string }
}

/** A person's browser before the gateway: it keeps the gateway's cookies, and a session with the tenant. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #site: Site
  #tenant: FormBrowser

  constructor(site: Site) {
    this.#site = site
    this.#tenant = new FormBrowser(site.tenant.baseUrl)
  }

  /** The value of a cookie that this browser has. */
  cookie(name: string): string {
    const value = this.cookies.get(name)
    if (value === undefined) throw new Error(`the browser has no ${name}`)
    return value
  }

  /** Names and values of the logins under way, the oldest first. */
  get logins(): readonly (readonly [name: string, value: string])[] {
    return [...this.cookies].filter(([name]) => name.startsWith(LOGIN))
  }

  /** The cookie of the login that was begun last. */
  get login(): readonly [name: string, value: string] {
    const last = this.logins.at(-1)
    if (!last) throw new Error('no login is under way')
    return last
  }

  /** A request to the gateway, with this browser's cookies. Redirects are not followed. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.#send(path, 'GET', headers)
  }

  /** A request of a page of the gateway's own site. */
  async post(
    path: string,
    headers: Readonly<Record<string, string>> = { Origin: ORIGIN },
  ): Promise<Response> {
    return this.#send(path, 'POST', headers)
  }

  /** Goes to the gateway's login and through the tenant's page. Returns the callback's path and query, not yet opened. */
  async begin({ email, password }: TenantUser, returnTo = '/app/'): Promise<string> {
    const begun = await this.get(`/auth/login?returnTo=${encodeURIComponent(returnTo)}`)
    return this.goOn(begun, { email, password })
  }

  /** Follows the gateway's redirect to the tenant, and through its page where it shows one. Returns the callback. */
  async goOn(begun: Response, { email, password }: Pick<TenantUser, 'email' | 'password'>): Promise<string> {
    const authorize = begun.headers.get('Location')
    if (begun.status !== 302 || authorize === null) {
      throw new Error(`the login did not begin: ${begun.status} ${await begun.text()}`)
    }
    const { pathname, search } = await this.#tenant.logIn(authorize, email, password)
    return `${pathname}${search}`
  }

  /** The whole login of another person, who is not logged in with the tenant either. */
  async logInAs(user: TenantUser): Promise<Response> {
    this.#tenant = new FormBrowser(this.#site.tenant.baseUrl)
    return this.logIn(user)
  }

  /** The whole login. Returns the gateway's response to the callback. */
  async logIn(user: TenantUser, returnTo?: string): Promise<Response> {
    return this.get(await this.begin(user, returnTo))
  }

  /** Logs out at the tenant alone, as another application of it does. */
  async logOutAtTenant(): Promise<Response> {
    return this.#tenant.request(`${this.#site.tenant.baseUrl}/v2/logout`)
  }

  async #send(path: string, method: string, given: Readonly<Record<string, string>>): Promise<Response> {
    const headers = new Headers(given)
    const cookies = [...this.cookies].map(([name, value]) => `${name}=${value}`)
    if (cookies.length > 0) headers.set('Cookie', cookies.join('; '))
    const response = await this.#site.gateway(path, { method, headers })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    return response
  }

  #keep(setCookie: string): void {
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(setCookie) ?? []
    if (/;\s*Max-Age=0(;|$)/i.test(setCookie)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
