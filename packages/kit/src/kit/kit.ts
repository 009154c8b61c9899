import { type Approval, tokenOf } from '../approvals/approval.ts'
import type { Receipt } from '../approvals/receipt.ts'
import type { Auth } from '../claims/types.ts'
import type { Settings } from '../config/settings.ts'
import { ClaimsError, ConfigError, errorOf } from '../errors.ts'
import type { PublicJwk } from '../keys/signing-slots.ts'
import { type CorrelationHeaders, correlationHeaders } from '../log/correlation.ts'
import { requestIdsOf } from '../log/request-ids.ts'
import { policy, type Policy } from '../policy/builder.ts'
import type { DelegationRequest } from '../tokens/delegate.ts'
import {
  type ApprovalRequest,
  exchangeApprove,
  exchangeDelegate,
  exchangeReceipt,
  exchangeRenew,
} from '../tokens/exchange-client.ts'
import type { Denylist, Revocation } from '../tokens/revocation.ts'
import type { SignClaims, SignOptions } from '../tokens/sign.ts'
import { describeSigner, type KitDescription } from './describe.ts'
import { keySource, secretRings, signingRing } from './key-sources.ts'
import { Signer } from './signer.ts'
import { boundRequests, denylist as denylistPart } from './verifier-parts.ts'
import { type Origin, originOf, Verifier, type VerifierParts } from './verifier.ts'

/** What a kit is put together from, beside its verifier. */
export interface KitParts {
  readonly settings: Settings
  /** `undefined`: the kit only verifies. */
  readonly signer: Signer | undefined
  readonly denylist: Denylist | undefined
}

let readParts: (kit: Kit) => KitParts

/** The parts of a kit, for this package alone. */
export function internalsOf(kit: Kit): KitParts {
  return readParts(kit)
}

/**
 * Signs and verifies internal tokens under one configuration. Made by `makeKit` or `createKit`; never shares
 * keys, verdicts or caches with another kit.
 */
export class Kit extends Verifier {
  readonly #parts: KitParts

  static {
    readParts = (kit) => kit.#parts
  }

  /** @internal */
  constructor(verifier: VerifierParts, parts: KitParts) {
    super(verifier)
    this.#parts = parts
  }

  /**
   * Signs a token. `iss`, `aud`, `iat`, `exp` come by options; `jti` is random unless given.
   *
   * @throws ClaimsError for whatever a verifier would reject
   * @throws ConfigError without a signing key
   */
  async sign(claims: SignClaims, options: SignOptions = {}): Promise<string> {
    return signerOf(this).sign(claims, options)
  }

  /** The same as {@link Kit.sign}, by the name that other kits have for it. */
  createToken(claims: SignClaims, options: SignOptions = {}): Promise<string> {
    return this.sign(claims, options)
  }

  /** A new policy; the same as the function `policy`. */
  policy(): Policy {
    return policy()
  }

  /**
   * A token for the next hop: the same subject, this service as the new actor, rights never wider, lifetime never
   * longer. Signed here when the kit has a key, else by the gateway's `Exchange` (RFC 8693 §4.1).
   *
   * @param auth a caller that this kit verified
   * @throws ClaimsError on any widening, and for an `Auth` that this kit did not make
   * @throws ConfigError when there is neither a key nor an exchange service
   */
  async delegate(auth: Auth, request: DelegationRequest): Promise<string> {
    return delegateBound(this, auth, request)
  }

  /**
   * A new token for a caller who has gone, in place of one that has ended: by the gateway, where its `offline` grants it to
   * this service. `kind`, `auth_iat` and actors stay, rights are cut to the grant, and `offline` is true.
   *
   * @param token one that this service got; not one that was renewed, or delegated from such
   * @param incoming the request that is served meanwhile, for the gateway's log
   * @throws ClaimsError when the gateway rejects it: without a grant, too old, revoked since, its key gone
   * @throws KeysUnavailableError when the gateway is not available
   * @throws ConfigError without an exchange service
   */
  async renew(token: string, incoming?: Request): Promise<string> {
    const { exchangeService: exchange, audiences } = this.#parts.settings
    const [audience] = audiences
    if (!exchange || audience === undefined) {
      throw new ConfigError(
        'renew needs the gateway: JWT_EXCHANGE_SERVICE_NAME, or the option exchangeService',
      )
    }
    return exchangeFor(incoming, (correlation) => exchangeRenew(exchange, token, audience, correlation))
  }

  /**
   * A person's yes to one action, which another service then takes once (`guard(policy, { approved })`). It goes to that service
   * as `Txn-Token`, beside the delegated token as bearer. The gateway's `Exchange` signs it, for the person alone: not for who
   * acts for them, and not for a machine.
   *
   * @param caller the person, as this kit verified them; or their token
   * @throws ClaimsError when the gateway rejects it, and for an `Auth` that this kit did not make
   * @throws ConfigError without an exchange service, and when the gateway signs with HS512
   */
  async approve(caller: Auth | string, request: ApprovalRequest): Promise<string> {
    const { exchangeService: exchange } = this.#parts.settings
    if (!exchange) {
      throw new ConfigError(
        'approve needs the gateway: JWT_EXCHANGE_SERVICE_NAME, or the option exchangeService',
      )
    }
    const token = typeof caller === 'string' ? caller : ownOrigin(this, caller, 'approve').token
    return exchangeFor(request.incoming, (correlation) =>
      exchangeApprove(exchange, token, request, correlation),
    )
  }

  /**
   * What came of an act that a person approved, signed by the gateway: to be kept, and verified by whoever has its published
   * keys (`verifyReceipt`, `sealgate receipt verify`). Until five minutes after the approval's end.
   *
   * @param approval what a guard of this service let through with: `c.var.approval`
   * @param outcome JSON of at most 2048 characters, in the words of this service
   * @throws ClaimsError when the gateway rejects it, and for an approval that was not taken here
   * @throws ConfigError without an exchange service
   */
  async receipt(approval: Approval, outcome: unknown, incoming?: Request): Promise<Receipt> {
    const { exchangeService: exchange } = this.#parts.settings
    if (!exchange) {
      throw new ConfigError(
        'receipt needs the gateway: JWT_EXCHANGE_SERVICE_NAME, or the option exchangeService',
      )
    }
    const token = tokenOf(approval)
    if (token === undefined) throw new ClaimsError('receipt accepts an approval that was taken here')
    const { tool, args } = approval
    const receipt = await exchangeFor(incoming, (correlation) =>
      exchangeReceipt(exchange, token, outcome, correlation),
    )
    return { ...(receipt as unknown as Receipt), act: { tool, args } }
  }

  /** The public JWK Set: allow-listed members of every published slot. Empty for HS512. */
  async jwks(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    const { signer, settings } = this.#parts
    const published = signer ? await (await signer.ring()).published(settings.now()) : []
    return { keys: published.map(({ jwk }) => jwk) }
  }

  /**
   * Puts a token, a subject or a key on the deny-list. It holds everywhere after about 90 s.
   *
   * @throws ConfigError without a KV binding
   * @throws ClaimsError for anything but one of the three
   */
  async revoke(revocation: Revocation): Promise<void> {
    await denylistOf(this).revoke(revocation)
  }

  /**
   * Mode, sources, keys, freshness and slots, for health pages. It fetches no JWKS.
   *
   * @throws ConfigError when configured keys are not usable, or cannot be read
   * @throws KeysUnavailableError when reading them from the Secrets Store takes too long
   */
  override async describe(): Promise<KitDescription> {
    const { settings, signer } = this.#parts
    const sign = await describeSigner(settings, signer)
    return { ...(await super.describe()), sign }
  }
}

/**
 * Puts a kit together from checked settings.
 *
 * @throws ConfigError for keys that are malformed
 */
export function assembleKit(settings: Settings): Kit {
  const secretRing = secretRings(settings)
  const ring = settings.sign && signingRing(settings.sign, settings, secretRing)
  const denylist = denylistPart.denylist?.(settings)
  const { checkBinding } = boundRequests
  const source = keySource(settings, ring, secretRing)
  return new Kit(
    { settings, source, denylist, checkBinding },
    { settings, signer: ring && new Signer(settings, ring), denylist },
  )
}

function ownOrigin(kit: Kit, auth: Auth, method: string): Origin {
  const origin = originOf(auth)
  if (origin?.verifier === kit) return origin
  throw new ClaimsError(`${method} accepts the auth of a caller that this very kit verified`)
}

/**
 * {@link Kit.delegate}, for this package alone.
 *
 * @param jkt RFC 7638 thumbprint of a key: the token is bound to it, and is no bearer token
 */
export async function delegateBound(
  kit: Kit,
  auth: Auth,
  request: DelegationRequest,
  jkt?: string,
): Promise<string> {
  const { signer, settings } = internalsOf(kit)
  const origin = ownOrigin(kit, auth, 'delegate')
  if (signer) return signer.delegate(origin.claims, request, jkt)
  const { exchangeService: exchange } = settings
  if (!exchange) {
    throw new ConfigError(
      'delegate needs a key to sign with (JWT_PRIVATE_JWK_NAME, or the option sign) or the gateway (JWT_EXCHANGE_SERVICE_NAME, or the option exchangeService)',
    )
  }
  return exchangeFor(request.incoming, (correlation) =>
    exchangeDelegate(exchange, origin.token, request, correlation, jkt),
  )
}

/** What a call of the gateway rejects names the request that it was made for. */
async function exchangeFor<Signed>(
  incoming: Request | undefined,
  call: (correlation?: CorrelationHeaders) => Promise<Signed>,
): Promise<Signed> {
  if (!incoming) return call()
  try {
    return await call(correlationHeaders(incoming))
  } catch (error) {
    throw errorOf(error, requestIdsOf(incoming).requestId)
  }
}

/** @throws ConfigError without a KV binding */
export function denylistOf(kit: Kit): Denylist {
  const { denylist } = internalsOf(kit)
  if (denylist) return denylist
  throw new ConfigError('revoke needs a KV binding: set JWT_DENYLIST_NAME, or the option denylist')
}

/** @throws ConfigError when the kit only verifies */
export function signerOf(kit: Kit): Signer {
  const { signer } = internalsOf(kit)
  if (signer) return signer
  throw new ConfigError(
    'this kit has no key to sign with: set JWT_PRIVATE_JWK_NAME (EdDSA) or JWT_SECRET_NAME (HS512), or the option sign',
  )
}
