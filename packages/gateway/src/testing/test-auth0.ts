import type { Breakage } from '@sealgate/kit/testing'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Config } from '../config/read-config.ts'

/** Whom a token or a login is of. Members that are not named here are claims, as they are; `undefined` leaves one out. */
export interface TestUser {
  /** Default `auth0|user-1`. A machine's ends in `@clients`. */
  readonly sub?: string
  /** Default: none. */
  readonly permissions?: readonly string[]
  /** Default: none. They go into the claim that `AUTH0_ROLES_CLAIM` names. */
  readonly roles?: readonly string[]
  readonly [claim: string]: unknown
}

/** An Auth0 tenant in memory. The gateway under test gets its keys, codes and tokens from here. */
export interface TestAuth0 {
  /** With its closing slash. */
  readonly issuer: string
  /** An access token for the API, good for an hour. */
  token(user?: TestUser): Promise<string>
  /** One that ended an hour ago. */
  expired(user?: TestUser): Promise<string>
  /** One with the right `kid`, signed by another key. */
  forged(user?: TestUser): Promise<string>
  /**
   * The user logs in: what `/auth/login` redirects to goes in, and where Auth0 sends the browser back to comes out.
   *
   * @param url of the authorization request
   */
  authorize(url: string | URL, user?: TestUser): URL
  /** Makes every request to Auth0 fail from now on. Default: status 500. */
  break(how?: Breakage): void
  mend(): void
  /** Answers what the gateway requests of Auth0. */
  readonly fetch: typeof fetch
}

/** What the tenant has to agree with the gateway about. */
export type TestTenant = Pick<Config, 'auth0' | 'login'>

interface Grant {
  readonly user: TestUser
  readonly nonce: string | undefined
  /** Seconds since the epoch. */
  readonly loggedInAt: number
  readonly redirectUri: string | undefined
}

const OF_ACCESS_TOKENS = ['permissions', 'roles', 'scope']

const HOUR = 3600
const KID = 'test-auth0'

export async function createTestAuth0({ auth0, login }: TestTenant, now: () => number): Promise<TestAuth0> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const { n, e } = await exportJWK(publicKey)
  const jwks = { keys: [{ kty: 'RSA', n, e, kid: KID, alg: 'RS256', use: 'sig' }] }
  const clientId = login?.clientId ?? [...(auth0.clients ?? [])][0] ?? 'web'
  const codes = new Map<string, Grant>()
  const refreshTokens = new Map<string, Grant>()
  const accessTokens = new Map<string, TestUser>()
  let broken: Breakage | undefined

  const sign = (claims: object, key: CryptoKey, typ = 'JWT'): Promise<string> =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', typ, kid: KID }).sign(key)

  const token = (user: TestUser = {}, key = privateKey): Promise<string> => {
    const { sub, permissions = [], roles, scope = 'openid', ...claims } = user
    if (roles !== undefined && auth0.rolesClaim === undefined) {
      throw new Error('roles need AUTH0_ROLES_CLAIM: the gateway would not read them')
    }
    const issuedAt = Math.floor(now())
    const payload = {
      iss: auth0.issuer,
      aud: [auth0.audience, `${auth0.issuer}userinfo`],
      sub: sub ?? 'auth0|user-1',
      azp: clientId,
      client_id: claims.azp ?? clientId,
      iat: issuedAt,
      exp: issuedAt + Math.min(HOUR, auth0.tokenMaxSeconds),
      auth_time: issuedAt,
      jti: crypto.randomUUID(),
      ...(auth0.rights === 'permissions' ? { scope, permissions } : scopeOf(auth0.rights, permissions)),
      ...(auth0.rolesClaim !== undefined && { [auth0.rolesClaim]: roles ?? [] }),
      ...claims,
    }
    return sign(withoutUndefined(payload), key, auth0.profile === 'rfc9068' ? 'at+jwt' : 'JWT')
  }

  const tokens = async (grant: Grant): Promise<Response> => {
    const { user, nonce, loggedInAt } = grant
    const accessToken = await token(user)
    accessTokens.set(accessToken, user)
    const refreshToken = crypto.randomUUID()
    refreshTokens.set(refreshToken, { ...grant, nonce: undefined })
    const issuedAt = Math.floor(now())
    const idToken = {
      ...claimsOf(user),
      iss: auth0.issuer,
      aud: clientId,
      iat: issuedAt,
      exp: issuedAt + HOUR,
      auth_time: Math.floor(loggedInAt),
      nonce,
    }
    return Response.json({
      access_token: accessToken,
      id_token: await sign(withoutUndefined(idToken), privateKey),
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: Math.min(HOUR, auth0.tokenMaxSeconds),
    })
  }

  const tokenEndpoint = async (form: URLSearchParams): Promise<Response> => {
    const [grants, name] =
      form.get('grant_type') === 'refresh_token' ? [refreshTokens, 'refresh_token'] : [codes, 'code']
    const value = form.get(name) ?? ''
    const grant = grants.get(value)
    // A code and a refresh token count once.
    grants.delete(value)
    const isMeant = grant && (name === 'refresh_token' || grant.redirectUri === form.get('redirect_uri'))
    return isMeant ? tokens(grant) : Response.json({ error: 'invalid_grant' }, { status: 403 })
  }

  const respond = async (request: Request): Promise<Response> => {
    switch (request.url.slice(auth0.issuer.length)) {
      case '.well-known/jwks.json':
        return Response.json(jwks)
      case '.well-known/openid-configuration':
        return Response.json({
          issuer: auth0.issuer,
          authorization_response_iss_parameter_supported: true,
        })
      case 'oauth/token':
        return tokenEndpoint(await formOf(request))
      case 'oauth/revoke':
        refreshTokens.delete((await formOf(request)).get('token') ?? '')
        return new Response(null, { status: 200 })
      case 'userinfo': {
        const bearer = request.headers.get('Authorization') ?? ''
        const user = accessTokens.get(bearer.replace(/^Bearer /i, ''))
        return user ? Response.json(claimsOf(user)) : new Response(null, { status: 401 })
      }
      default:
        return new Response('not here', { status: 404 })
    }
  }

  return {
    issuer: auth0.issuer,
    token: async (user) => token(user),
    expired: async (user) => {
      const ended = Math.floor(now()) - HOUR
      return token({ iat: ended - 300, exp: ended, ...user })
    },
    forged: async (user) => token(user, (await generateKeyPair('RS256')).privateKey),
    authorize(url, user = {}) {
      const { searchParams } = new URL(url)
      const redirectUri = searchParams.get('redirect_uri') ?? ''
      const code = crypto.randomUUID()
      const nonce = searchParams.get('nonce') ?? undefined
      codes.set(code, { user, nonce, loggedInAt: now(), redirectUri })
      const back = new URL(redirectUri)
      back.search = new URLSearchParams({
        code,
        state: searchParams.get('state') ?? '',
        iss: auth0.issuer,
      }).toString()
      return back
    },
    break(how = 500) {
      broken = how
    },
    mend() {
      broken = undefined
    },
    async fetch(input, init) {
      const request = new Request(input, init)
      if (!request.url.startsWith(auth0.issuer)) {
        throw new TypeError(`nothing answers ${new URL(request.url).origin} in this test`)
      }
      if (broken === 'throw') throw new TypeError('the test Auth0 is broken')
      if (broken === undefined) return respond(request)
      return typeof broken === 'number'
        ? new Response('broken', { status: broken })
        : new Response(broken.body)
    },
  }
}

/** Not `request.text()`: workerd warns of it, because the content type of a form is none of a text. */
async function formOf(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()))
}

/** What an ID token says of a user: nothing of what an access token lets do. */
function claimsOf({ sub = 'auth0|user-1', ...claims }: TestUser): object {
  const others = Object.entries(claims).filter(([name]) => !OF_ACCESS_TOKENS.includes(name))
  return { sub, ...Object.fromEntries(others) }
}

/** Where the gateway reads rights from the scope, permissions stand there. */
function scopeOf(rights: 'scope' | 'both', permissions: readonly string[]): object {
  return { scope: ['openid', ...permissions].join(' '), ...(rights === 'both' && { permissions }) }
}

function withoutUndefined(claims: object): object {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}
