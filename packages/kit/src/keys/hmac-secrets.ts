import { MIN_SECRET_BYTES } from '../constants.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { ConfigError } from '../errors.ts'
import type { Report } from '../primitives/events.ts'
import { secretBytes } from './secret-text.ts'
import { VerificationKey } from './verification-key.ts'
import { SigningKey } from './private-jwk.ts'
import type { KeyRing, NamedText, PublishedKey, SlotDescription } from './signing-slots.ts'

interface Secret {
  readonly name: string
  readonly raw: Uint8Array
  readonly verification: VerificationKey
}

/**
 * Shared secrets (HS512), of which all verify. Whoever can verify can also issue.
 * An entry that is unset or empty is skipped and reported; a malformed one is an error.
 */
export class SharedSecrets {
  protected readonly first: Secret
  protected readonly secrets: readonly Secret[]
  protected readonly skipped: readonly string[]

  /** @throws ConfigError for a secret that is malformed or too short, and when none is left */
  constructor(entries: readonly NamedText[], onEvent: Report) {
    this.secrets = entries.filter(isSet).map(({ name, text }) => {
      const raw = readSecret(name, text)
      return { name, raw, verification: new VerificationKey('HS512', raw) }
    })
    const [first] = this.secrets
    if (!first) {
      const names = entries.map(({ name }) => name).join(', ')
      throw new ConfigError(`no secret is set in ${names}. Make one with: npx kit-keygen secret`)
    }
    this.first = first
    this.skipped = entries.filter((entry) => !isSet(entry)).map(({ name }) => name)
    for (const name of this.skipped) onEvent({ event: 'slot_skipped', level: 'error', name, detail: UNSET })
  }

  /** Every secret that verifies, in the order of the list. */
  get verificationKeys(): readonly VerificationKey[] {
    return this.secrets.map(({ verification }) => verification)
  }
}

/** Shared secrets of which the first signs. */
export class SecretRing extends SharedSecrets implements KeyRing {
  #signing: SigningKey | undefined

  signer(): SigningKey {
    return (this.#signing ??= new SigningKey('HS512', this.first.raw))
  }

  published(): Promise<readonly PublishedKey[]> {
    return Promise.resolve([])
  }

  describe(): readonly SlotDescription[] {
    return [
      ...this.secrets.map(({ name }, index): SlotDescription => ({
        name,
        state: index === 0 ? 'signing' : 'previous',
      })),
      ...this.skipped.map((name): SlotDescription => ({ name, state: 'skipped', problem: UNSET })),
    ]
  }
}

const UNSET = 'it is unset or empty'

function isSet({ text }: NamedText): boolean {
  return text !== undefined && text !== null && text !== ''
}

/** Reads a secret: bytes, or text as {@link secretBytes} takes it. */
function readSecret(name: string, value: unknown): Uint8Array {
  const bytes =
    value instanceof Uint8Array
      ? Uint8Array.from(value)
      : typeof value === 'string'
        ? secretBytes(value, MIN_SECRET_BYTES)
        : 'it is neither text nor bytes'
  if (typeof bytes === 'string') throw new ConfigError(`${name} is no secret: ${bytes}. ${REMEDY}`)
  if (bytes.length >= MIN_SECRET_BYTES) return bytes
  throw new ConfigError(
    `${name} is too short for HS512: it needs ${MIN_SECRET_BYTES} bytes and has ${bytes.length} (RFC 7518 §3.2). ${REMEDY}`,
  )
}

const REMEDY = 'Make a secret with: npx kit-keygen secret'

/**
 * Makes a secret for HS512: random bytes in base64url.
 *
 * @param bytes default 64, which is also the least (RFC 7518 §3.2)
 * @throws ConfigError for fewer than 64 bytes or more than 1024
 */
export function generateSecret(bytes: number = MIN_SECRET_BYTES): string {
  if (!Number.isInteger(bytes) || bytes < MIN_SECRET_BYTES || bytes > 1024) {
    throw new ConfigError(`a secret for HS512 has ${MIN_SECRET_BYTES} to 1024 bytes`)
  }
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(bytes)))
}
