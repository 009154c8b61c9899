import { isObject } from '../primitives/json.ts'
import { parsePasted } from '../primitives/pasted.ts'
import { ConfigError, TokenError } from '../errors.ts'
import type { Report } from '../primitives/events.ts'
import type { VerificationKey } from './verification-key.ts'
import { lazyBinding, type LazyBinding, type NamedValue } from './lazy-binding.ts'
import { keysByKid, type KeySet } from './key-set.ts'
import { parsePublicJwk } from './public-jwk.ts'
import type { KeyRing } from './signing-slots.ts'
import type { SharedSecrets } from './hmac-secrets.ts'
import type { KeySource, SourceDescription } from './key-source.ts'

/** Shared secrets. An HS512 header names no key, so every secret is a candidate. */
export class SecretSource implements KeySource {
  readonly #ring: LazyBinding<SharedSecrets>

  constructor(ring: LazyBinding<SharedSecrets>) {
    this.#ring = ring
  }

  find(): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const ring = this.#ring()
    return ring instanceof Promise
      ? ring.then(({ verificationKeys }) => verificationKeys)
      : ring.verificationKeys
  }

  describe(): SourceDescription {
    return { source: 'secret', kids: [] }
  }
}

type KeysByKid = KeySet<VerificationKey>

interface InlineSettings {
  readonly now: () => number
  readonly onEvent: Report
  /** Default `true`. */
  readonly needsThumbprints?: boolean
}

/** Public JWKs that stand in the configuration. */
export class InlineSource implements KeySource {
  readonly #keys: LazyBinding<KeysByKid>

  /** @throws ConfigError for a value that is not a public JWK or JWK Set */
  constructor(value: NamedValue, settings: InlineSettings) {
    const { needsThumbprints } = settings
    this.#keys = lazyBinding(
      [value],
      ([only]) => readInline(value.name, only?.text, needsThumbprints),
      settings,
    )
  }

  find(kid: string | undefined): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const keys = this.#keys()
    return keys instanceof Promise ? keys.then((loaded) => pick(loaded, kid)) : pick(keys, kid)
  }

  async describe(): Promise<SourceDescription> {
    return { source: 'inline', kids: [...(await this.#keys()).keys()] }
  }
}

/** The public halves of the kit's own signing slots. */
export class OwnSource implements KeySource {
  readonly #ring: LazyBinding<KeyRing>
  readonly #now: () => number

  constructor(ring: LazyBinding<KeyRing>, now: () => number) {
    this.#ring = ring
    this.#now = now
  }

  async find(kid: string | undefined): Promise<readonly VerificationKey[]> {
    const published = await (await this.#ring()).published(this.#now())
    return pick(new Map(published.map(({ jwk, key }) => [jwk.kid, [key]])), kid)
  }

  async describe(): Promise<SourceDescription> {
    const slots = (await this.#ring()).describe(this.#now())
    return {
      source: 'own',
      kids: slots.flatMap(({ kid, state }) => (kid !== undefined && state !== 'skipped' ? [kid] : [])),
    }
  }
}

function pick(keys: KeysByKid, kid: string | undefined): readonly VerificationKey[] {
  if (kid === undefined) throw new TokenError('missing_kid', 'the header has no kid')
  const found = keys.get(kid)
  if (!found) throw new TokenError('unknown_kid', 'no key has this kid')
  return found
}

function readInline(name: string, text: unknown, needsThumbprints?: boolean): KeysByKid {
  const value = parsePasted(text)
  if (!isObject(value))
    throw new ConfigError(`${name} is not a JWK or JWK Set in JSON; see: npx kit-keygen public FILE`)
  if (isObject(value.privateJwk)) {
    throw new ConfigError(
      `${name} holds a private key: rotate it, and set only the public half (kit-keygen --public prints it)`,
    )
  }
  const jwks: unknown[] = Array.isArray(value.keys) ? value.keys : [value]
  if (jwks.length === 0) throw new ConfigError(`${name} is a JWK Set without keys`)
  const { usable, ambiguous } = keysByKid(
    jwks.map((jwk) => {
      const parsed = parsePublicJwk(jwk, needsThumbprints)
      if (parsed.ok) return parsed.key
      throw new ConfigError(`${name} is not usable: ${parsed.problem}`)
    }),
  )
  if (ambiguous.length > 0)
    throw new ConfigError(`${name} has two different keys with one kid: give each a kid of its own`)
  return usable
}
