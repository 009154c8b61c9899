import { ConfigError } from '@sealgate/kit'
import { namesOf, secretBytes, sha256 } from '@sealgate/kit/gateway'
import { base64url } from 'jose'
import { encodeUtf8 } from '../observability/utf8.ts'
import type { Config } from './read-config.ts'
import { present } from './schema.ts'
import { SECRET_NAMES, type SecretName } from './secret-names.ts'
import { sharedSecrets } from './signing-secrets.ts'

/** A secret, told by digests: where it stands, and who besides this gateway may know it. */
interface Known {
  readonly name: string
  /** Secrets of one holder may be equal, as in a list that rotates; those of two never. */
  readonly holder: string
  readonly digests: readonly string[]
}

/**
 * Rejects one secret in two places: whoever may know it for the one would hold the other too. A service could issue
 * tokens for another audience, open sessions, or pass for a client. Values count, not names, and two spellings of the same
 * bytes are one value. SHA-256 digests are compared, so that no comparison takes a time that tells of a value.
 *
 * @param env with every secret as text
 * @throws ConfigError naming both places, never a value
 */
export async function rejectEqualSecrets(env: object, config: Config): Promise<void> {
  const holders = new Map<string, Known>()
  for (const known of await knownSecrets(env, config)) {
    for (const digest of known.digests) {
      const other = holders.get(digest) ?? known
      if (other.holder !== known.holder) {
        throw new ConfigError(
          `${other.name} and ${known.name} hold the same secret: make another one for one of them`,
        )
      }
      holders.set(digest, other)
    }
  }
}

/** What of the gateway's own is more than one secret, and read apart. */
const LISTS: readonly SecretName[] = ['SESSION_SECRET', 'AUTH0_SESSION_ENCRYPTION_KEY', 'EXCHANGE_CLIENTS']

async function knownSecrets(env: object, { variables, exchange }: Config): Promise<readonly Known[]> {
  const own = SECRET_NAMES.filter((name) => !LISTS.includes(name))
  const texts = [
    ...sharedSecrets(env).map(({ name, audience, text }) => ({
      name,
      holder: audience === undefined ? 'services' : `audience ${audience}`,
      text,
    })),
    ...namesOf(variables.SESSION_SECRET).map((text) => ({
      name: 'SESSION_SECRET',
      holder: 'sessions',
      text,
    })),
    ...own.map((name) => ({ name, holder: name, text: present(env, name) })),
  ]
  const digested = await Promise.all(
    texts.map(async ({ name, holder, text }): Promise<Known> => ({
      name,
      holder,
      digests: await digestsOf(text),
    })),
  )
  // What stands there is the digest of a client's secret already.
  const clients = [...exchange.clients].map(([id, { secretHash }]): Known => {
    const name = `EXCHANGE_CLIENTS (${id})`
    return { name, holder: name, digests: secretHash ? [base64url.encode(secretHash)] : [] }
  })
  return [...digested, ...clients]
}

/** Of a secret as text, and of the bytes that the text stands for. None of what is unset. */
async function digestsOf(text: unknown): Promise<readonly string[]> {
  if (typeof text !== 'string') return []
  const bytes = secretBytes(text, Infinity)
  const spellings = [encodeUtf8(text.trim()), ...(typeof bytes === 'string' ? [] : [bytes])]
  return Promise.all(spellings.filter(({ byteLength }) => byteLength > 0).map(sha256))
}
