import type { Auth } from '../claims/types.ts'
import { ClaimsError, ConfigError } from '../errors.ts'
import { delegateBound, Kit } from '../kit/kit.ts'
import { originOf, verifierPartsOf } from '../kit/verifier.ts'
import type { DelegationRequest } from '../tokens/delegate.ts'
import { isExpiringSoon, parse } from '../tokens/parse.ts'
import { makeSealer, type Place, type Seal, type Sealer } from './seal.ts'

/** A token with less left is not used again. Seconds. */
const LEAST_LEFT = 30

/** Whom a token is for, and what it carries: an audience, or a whole request of `delegate`. */
export type Callee = string | Omit<DelegationRequest, 'incoming'>

/** @throws ConfigError for what names no audience */
export function requestOf(callee: unknown, label: string): DelegationRequest {
  const request = typeof callee === 'string' ? { aud: callee } : callee
  if (typeof request === 'object' && request !== null && 'aud' in request && isName(request.aud)) {
    return request as DelegationRequest
  }
  throw new ConfigError(`${label} is no audience: give its name, or { aud, permissions? }`)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/**
 * Gets tokens for those whom one caller's work goes on to, when they are first needed: one for each of them, and for all
 * messages together one more. It lives as long as the request that it serves.
 */
export class Carrier {
  readonly #kit: Kit
  readonly #auth: Auth
  readonly #incoming: Request | undefined
  readonly #tokens = new Map<string, Promise<string>>()
  #sealer: Promise<Sealer> | undefined

  /**
   * @param incoming the request that is served meanwhile: the gateway's log names it when it denies
   * @throws ClaimsError for an `Auth` that no kit made
   * @throws ConfigError for that of a verifier, which delegates nothing
   */
  constructor(auth: Auth, incoming?: Request) {
    const origin = originOf(auth)
    if (!origin) {
      throw new ClaimsError(
        'this is no caller that a kit verified: claims, or a copy of an Auth, have no token',
      )
    }
    if (!(origin.verifier instanceof Kit)) {
      throw new ConfigError('a verifier delegates nothing: verify the caller with makeKit, or createKit')
    }
    this.#kit = origin.verifier
    this.#auth = auth
    this.#incoming = incoming
  }

  /** The audience that the kit itself is. */
  get own(): string {
    return verifierPartsOf(this.#kit).settings.audiences[0] ?? ''
  }

  get incoming(): Request | undefined {
    return this.#incoming
  }

  /**
   * A bearer token.
   *
   * @throws as `Kit.delegate`
   */
  bearer(request: DelegationRequest): Promise<string> {
    return this.#token('', request)
  }

  /**
   * Puts a body under seal, with a token that is no bearer token.
   *
   * @param id of the message: default a new one
   * @throws as `Kit.delegate`; ClaimsError for a body that is no JSON
   */
  async seal(
    request: DelegationRequest,
    place: Place,
    body: unknown,
    id: string = crypto.randomUUID(),
  ): Promise<Seal> {
    const sealer = await (this.#sealer ??= makeSealer())
    return sealer.seal(place, id, await this.#token(sealer.jkt, request), body)
  }

  async #token(jkt: string, request: DelegationRequest): Promise<string> {
    const name = JSON.stringify([jkt, request])
    const known = this.#tokens.get(name)
    if (known && !this.#isEnding(await known)) return known
    // Somebody else may have requested the next one meanwhile.
    if (this.#tokens.get(name) !== known) return this.#token(jkt, request)
    const incoming = this.#incoming
    const delegating = delegateBound(
      this.#kit,
      this.#auth,
      { ...request, ...(incoming && { incoming }) },
      jkt === '' ? undefined : jkt,
    )
    this.#tokens.set(name, delegating)
    // The next one tries again.
    delegating.catch(() => this.#tokens.delete(name))
    return delegating
  }

  #isEnding(token: string): boolean {
    return isExpiringSoon(parse(token).payload, LEAST_LEFT, verifierPartsOf(this.#kit).settings.now())
  }
}
