import type { VerifiedClaims } from '../claims/types.ts'
import type { Settings } from '../config/settings.ts'
import type { LazyBinding } from '../keys/lazy-binding.ts'
import type { KeyRing } from '../keys/signing-slots.ts'
import { delegateClaims, type DelegationRequest } from '../tokens/delegate.ts'
import { computeRequestHash } from '../tokens/request-hash.ts'
import {
  buildClaims,
  type KitClaims,
  rejectKitClaims,
  type SignClaims,
  type SignOptions,
  signText,
} from '../tokens/sign.ts'
import { MESSAGE_TYP, REQUEST_TYP } from '../tokens/verify-options.ts'

/** The half of a kit that signs. */
export class Signer {
  readonly #settings: Settings
  readonly #ring: LazyBinding<KeyRing>

  constructor(settings: Settings, ring: LazyBinding<KeyRing>) {
    this.#settings = settings
    this.#ring = ring
  }

  /** @throws as `Kit.sign` */
  async sign(claims: SignClaims, options: SignOptions): Promise<string> {
    rejectKitClaims(claims)
    const { request } = options
    const kitClaims = request ? { req: await computeRequestHash(request) } : {}
    return this.issue(claims, kitClaims, options)
  }

  /**
   * Signs claims that `sign` rejects. Throws at once what it throws: no promise is made before there is something to
   * wait for.
   *
   * @throws ClaimsError for whatever a verifier would reject
   * @throws ConfigError without a key that may sign
   */
  issue(claims: SignClaims, kitClaims: KitClaims, options: SignOptions): Promise<string> {
    const settings = this.#settings
    const now = settings.now()
    const payload = buildClaims(claims, kitClaims, options, settings, now)
    return this.#signText(
      JSON.stringify(payload),
      options.typ ?? (options.request ? REQUEST_TYP : settings.typ),
      now,
    )
  }

  /**
   * Signs a text with its content detached (RFC 7515 appendix F).
   *
   * @throws ClaimsError for what is too large
   * @throws ConfigError without a key that may sign
   */
  async signDetached(text: string, typ: string): Promise<string> {
    const token = await this.#signText(text, typ, this.#settings.now())
    return `${token.slice(0, token.indexOf('.'))}.${token.slice(token.lastIndexOf('.'))}`
  }

  #signText(text: string, typ: string, now: number): Promise<string> {
    const ring = this.#ring()
    const key = ring instanceof Promise ? ring.then((loaded) => loaded.signer(now)) : ring.signer(now)
    return signText(text, key, typ)
  }

  /** A token for the next hop, in which this service acts for the subject of verified claims (RFC 8693 §4.1). */
  async delegate(original: VerifiedClaims, request: DelegationRequest, jkt?: string): Promise<string> {
    const { issuer, audiences, now } = this.#settings
    const actor = { iss: issuer, sub: audiences[0] ?? issuer }
    const { claims, kitClaims } = delegateClaims(original, actor, request, this.#settings, now())
    const { aud } = request
    if (jkt === undefined) return this.issue(claims, kitClaims, { aud })
    return this.issue({ ...claims, cnf: { jkt } }, kitClaims, { aud, typ: MESSAGE_TYP })
  }

  /** The `kid` that signs now; `undefined` with HS512. */
  async signingKid(): Promise<string | undefined> {
    const ring = await this.#ring()
    return (await ring.signer(this.#settings.now())).kid
  }

  /** The slots, once each pair was checked. */
  async ring(): Promise<KeyRing> {
    return this.#ring()
  }
}
