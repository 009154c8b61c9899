import { parse, type SourceDescription, TokenError } from '@sealgate/kit'
import type { Auth0Options, Auth0Result, Auth0Tokens, ExpectedToken } from '../auth0/tokens.ts'
import type { Config } from '../config/read-config.ts'
import type { OwnTokens } from './own-tokens.ts'
import { IssuerTokens } from './issuer-tokens.ts'

/**
 * Verifies access tokens of every issuer that counts. A token's own `iss` chooses, character by character and before any
 * key is looked up: a key of one issuer never says anything of a token of another.
 */
export class SubjectTokens {
  readonly #auth0: Auth0Tokens
  readonly #tenant: string
  readonly #issuers: ReadonlyMap<string, IssuerTokens>
  readonly #own: OwnTokens | undefined

  constructor(
    auth0: Auth0Tokens,
    { auth0: { issuer }, issuers }: Config,
    options: Auth0Options = {},
    own?: OwnTokens,
  ) {
    this.#auth0 = auth0
    this.#own = own
    this.#tenant = issuer
    this.#issuers = new Map([...issuers].map(([iss, config]) => [iss, new IssuerTokens(config, options)]))
  }

  /**
   * @param expected what counts in place of its issuer's own audience and clients
   * @param provenKey thumbprint of the key that signed the request's DPoP proof: the token must be bound to it
   * @throws GatewayError `auth0_unavailable`, `issuer_unavailable` when the keys of its issuer cannot be had
   */
  async verify(token: string, expected?: ExpectedToken, provenKey?: string): Promise<Auth0Result> {
    // Alone it needs no choice, and says itself what is wrong.
    if (this.#issuers.size === 0 && expected?.own === undefined)
      return this.#auth0.verify(token, expected, provenKey)
    const said = issuerOf(token)
    if (typeof said !== 'string') return { ok: false, rejection: said.reason }
    if (expected?.own !== undefined && said === this.#own?.issuer)
      return this.#own.verify(token, expected.own, provenKey)
    if (said === this.#tenant) return this.#auth0.verify(token, expected, provenKey)
    const issuer = this.#issuers.get(said)
    // That of Access is made of a cookie: it counts where a route says so, in the header that Access writes.
    if (!issuer || isAccess(issuer)) return { ok: false, rejection: 'wrong_issuer' }
    return issuer.verify(token, expected, provenKey)
  }

  /** A JWT of Cloudflare Access, and no other. */
  async verifyAccess(token: string): Promise<Auth0Result> {
    const said = issuerOf(token)
    if (typeof said !== 'string') return { ok: false, rejection: said.reason }
    const issuer = this.#issuers.get(said)
    if (!issuer || !isAccess(issuer)) return { ok: false, rejection: 'wrong_issuer' }
    return issuer.verify(token)
  }

  /** The state of the keys of each issuer beside the tenant. */
  describe(): readonly (SourceDescription & { readonly issuer: string })[] {
    return [...this.#issuers].map(([issuer, tokens]) => ({ issuer, ...tokens.describe() }))
  }
}

function isAccess({ config }: IssuerTokens): boolean {
  return config.profile === 'cloudflare-access'
}

/** What a token says of its issuer, which nobody has verified yet. */
export function issuerOf(token: string): string | TokenError {
  try {
    const { iss } = parse(token).payload
    return typeof iss === 'string' ? iss : new TokenError('missing_claim', 'iss is missing')
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
}
