import { KeysUnavailableError } from '@sealgate/kit'
import { type Logger, StaleWhileRevalidate } from '@sealgate/kit/gateway'
import { createExternalVerifier, type ExternalVerifier } from '@sealgate/kit/external'
import * as oauth from 'oauth4webapi'
import type { LoginConfig } from '../config/auth0.ts'
import { GatewayError, codeOf } from '../errors.ts'
import { asLoginError, type Step } from './client-errors.ts'
import { asAuth0Error } from './auth0-error.ts'
import type { ExpectedLogin, Login, LoginRequest, Tokens, UserClaims } from './client-types.ts'
import { askAuth0, type Auth0Request } from './send.ts'
import { loginTimeOfIdToken } from './login-time.ts'
import { isAllowedOrganization } from './subject.ts'

/** Clock and network, for tests; and who hears of keys that cannot be had. */
export interface Auth0ClientOptions {
  /** Seconds since the epoch. */
  readonly now?: () => number
  readonly fetch?: typeof fetch
  readonly logger?: Logger
}

/** An access token whose lifetime Auth0 does not tell is taken for this long, in seconds. */
const UNTOLD_LIFE_SECONDS = 300

/** For how long what Auth0 says about itself is believed, in seconds. */
const METADATA_SECONDS = 3600

/** The gateway as a client of Auth0: authorization code with PKCE (RFC 6749 §4.1, RFC 7636), OpenID Connect. */
export class Auth0Client {
  readonly #config: LoginConfig
  readonly #server: oauth.AuthorizationServer
  readonly #client: oauth.Client
  readonly #authentication: oauth.ClientAuth
  readonly #idTokens: ExternalVerifier
  readonly #now: () => number
  readonly #fetch: typeof fetch
  readonly #isInsecure: boolean
  readonly #sendsIss: StaleWhileRevalidate<boolean>

  constructor(config: LoginConfig, options: Auth0ClientOptions = {}) {
    const { issuer, clientId, clientSecret } = config
    this.#config = config
    this.#now = options.now ?? (() => Date.now() / 1000)
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init))
    // parseConfig lets http pass on loopback alone.
    this.#isInsecure = issuer.startsWith('http:')
    this.#server = {
      issuer,
      token_endpoint: `${issuer}oauth/token`,
      userinfo_endpoint: `${issuer}userinfo`,
      revocation_endpoint: `${issuer}oauth/revoke`,
    }
    this.#client = { client_id: clientId }
    // While Auth0 does not say it, logins fail at once instead of each waiting for it.
    this.#sendsIss = new StaleWhileRevalidate({
      load: () => this.#loadMetadata(),
      ttlSeconds: METADATA_SECONDS,
      earlySeconds: 0,
      maxStaleSeconds: 0,
      now: this.#now,
    })
    this.#authentication = oauth.ClientSecretPost(clientSecret)
    this.#idTokens = createExternalVerifier({
      ...options,
      issuer,
      audience: clientId,
      jwksUri: `${issuer}.well-known/jwks.json`,
      algorithms: ['RS256'],
      typ: ['JWT'],
      // Each comes once.
      tokenCacheEntries: 0,
    })
  }

  /** Where the browser goes to log in. With `max_age` Auth0 must say in `auth_time` when the user logged in. */
  async authorizationUrl(
    expected: Omit<ExpectedLogin, 'requiresIss'>,
    { isOffline, maxAge, isForced, parameters }: LoginRequest,
  ): Promise<URL> {
    const { issuer, clientId, audience, scope } = this.#config
    const url = new URL(`${issuer}authorize`)
    url.search = new URLSearchParams({
      ...parameters,
      response_type: 'code',
      client_id: clientId,
      redirect_uri: expected.redirectUri,
      scope: isOffline ? scope : withoutOffline(scope),
      audience,
      state: expected.state,
      nonce: expected.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(expected.codeVerifier),
      code_challenge_method: 'S256',
      max_age: String(maxAge),
      ...(isForced && { prompt: 'login' }),
      ...(expected.organization !== undefined && { organization: expected.organization }),
    }).toString()
    return url
  }

  /**
   * Whether Auth0 announces `iss` in its responses (RFC 9207 §3).
   *
   * @throws GatewayError `auth0_unavailable`, `auth0_failed`
   */
  async sendsIss(): Promise<boolean> {
    try {
      return await this.#sendsIss.get()
    } catch (error) {
      throw error instanceof KeysUnavailableError && error.cause !== undefined ? error.cause : error
    }
  }

  #loadMetadata(): Promise<boolean> {
    const issuer = new URL(this.#config.issuer)
    return this.#step('metadata', async () => {
      const response = await oauth.discoveryRequest(issuer, this.#options())
      const metadata = await oauth.processDiscoveryResponse(issuer, response)
      return metadata.authorization_response_iss_parameter_supported === true
    })
  }

  /**
   * Checks Auth0's response to a login and exchanges its code: `state` and `iss` before the code is used, the nonce before
   * any token is. The request went through the user's own browser, which may have changed it: what it asked for is held
   * against what came.
   *
   * @param parameters of the callback
   * @throws GatewayError
   */
  async exchangeCode(
    parameters: URLSearchParams,
    { state, nonce, codeVerifier, redirectUri, requiresIss, organization }: ExpectedLogin,
  ): Promise<Login> {
    const server = { ...this.#server, authorization_response_iss_parameter_supported: requiresIss }
    const authorization = await this.#step('callback', () =>
      Promise.resolve(oauth.validateAuthResponse(server, this.#client, parameters, state)),
    )
    if (!authorization.has('code')) throw new GatewayError('login_failed', { detail: 'callback: no code' })
    const tokens = await this.#step('code', async () => {
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        this.#client,
        this.#authentication,
        authorization,
        redirectUri,
        codeVerifier,
        this.#options(),
      )
      const body = await oauth.processAuthorizationCodeResponse(server, this.#client, response, {
        expectedNonce: nonce,
        requireIdToken: true,
      })
      if (body.id_token !== undefined) await this.#checkSignature(body.id_token)
      return this.#tokens(body)
    })
    if (!tokens.claims) throw new GatewayError('login_failed', { detail: 'no ID token came' })
    const { org_id: orgId } = tokens.claims
    if (!isAllowedOrganization(orgId, this.#config.organizations)) {
      throw new GatewayError('login_denied', { detail: 'unknown_organization' })
    }
    if (organization !== undefined && orgId !== organization) {
      throw new GatewayError('login_failed', { detail: 'the ID token is of another organization' })
    }
    const authTime = loginTimeOfIdToken(tokens.claims)
    // OpenID Connect Core §3.1.2.1: `max_age` requires it. Without it nobody knows whether the user was revoked since.
    if (authTime === undefined) {
      throw new GatewayError('login_failed', { detail: 'the ID token does not say when the user logged in' })
    }
    return { ...tokens, claims: tokens.claims, authTime }
  }

  /**
   * New tokens for a refresh token (RFC 6749 §6).
   *
   * @param sub whom the new tokens must be for
   * @throws GatewayError `session_expired` when Auth0 takes the refresh token no more
   */
  refresh(refreshToken: string, sub: string): Promise<Tokens> {
    return this.#step('refresh', async () => {
      const response = await oauth.refreshTokenGrantRequest(
        this.#server,
        this.#client,
        this.#authentication,
        refreshToken,
        this.#options(),
      )
      const body = await oauth.processRefreshTokenResponse(this.#server, this.#client, response)
      const tokens = this.#tokens(body)
      if (!tokens.claims || body.id_token === undefined) return tokens
      // OpenID Connect Core §12.2.
      if (tokens.claims.sub !== sub) {
        throw new GatewayError('session_expired', { detail: 'the refreshed ID token is another user’s' })
      }
      try {
        await this.#checkSignature(body.id_token)
      } catch (error) {
        // The old refresh token is spent: that keys cannot be had must not cost the new one.
        if (codeOf(error) === 'auth0_unavailable') return { ...tokens, claims: undefined }
        throw error
      }
      return tokens
    })
  }

  /**
   * The claims at `/userinfo`; Auth0 allows a few calls a minute.
   *
   * @param sub whom they must be about (OpenID Connect Core §5.3.2)
   * @throws GatewayError
   */
  userinfo(accessToken: string, sub: string): Promise<UserClaims> {
    return this.#step('userinfo', async () => {
      const response = await oauth.userInfoRequest(this.#server, this.#client, accessToken, this.#options())
      return { ...(await oauth.processUserInfoResponse(this.#server, this.#client, sub, response)) }
    })
  }

  /**
   * Revokes a refresh token (RFC 7009).
   *
   * @throws GatewayError
   */
  async revoke(refreshToken: string): Promise<void> {
    await this.#step('revocation', async () => {
      const response = await oauth.revocationRequest(
        this.#server,
        this.#client,
        this.#authentication,
        refreshToken,
        this.#options(),
      )
      await oauth.processRevocationResponse(response)
    })
  }

  /** Where the browser goes to end its session with Auth0 too. */
  logoutUrl(returnTo: string): URL {
    const url = new URL(`${this.#config.issuer}v2/logout`)
    url.search = new URLSearchParams({ client_id: this.#config.clientId, returnTo }).toString()
    return url
  }

  #tokens(body: oauth.TokenEndpointResponse): Tokens {
    const claims = oauth.getValidatedIdTokenClaims(body)
    return {
      accessToken: body.access_token,
      expiresAt: this.#now() + (body.expires_in ?? UNTOLD_LIFE_SECONDS),
      refreshToken: body.refresh_token,
      claims: claims && { ...claims },
    }
  }

  /** TLS says already that it is Auth0's (OpenID Connect Core §3.1.3.7); the signature says so again. */
  async #checkSignature(idToken: string): Promise<void> {
    const result = await this.#idTokens.safeVerify(idToken).catch((error: unknown) => {
      throw asAuth0Error(error)
    })
    if (!result.ok) throw new GatewayError('auth0_failed', { detail: `the ID token: ${result.reason}` })
  }

  async #step<Result>(step: Step, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      throw asLoginError(error, step)
    }
  }

  #options() {
    return {
      [oauth.customFetch]: (url: string, request: Auth0Request) => askAuth0(url, request, this.#fetch),
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is deprecated to stand out
      [oauth.allowInsecureRequests]: this.#isInsecure,
    }
  }
}

function withoutOffline(scope: string): string {
  return scope
    .split(' ')
    .filter((one) => one !== 'offline_access')
    .join(' ')
}
