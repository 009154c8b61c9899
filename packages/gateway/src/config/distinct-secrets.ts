import { ConfigError } from '@sealgate/kit'
import { secretBytes, sha256 } from '@sealgate/kit/gateway'
import { base64url } from 'jose'
import type { Config } from './read-config.ts'
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

async function knownSecrets(env: object, { variables, exchange }: Config): Promise<readonly Known[]> {
  const { SESSION_SECRET, AUTH0_CLIENT_SECRET, DATADOG_API_KEY } = variables
  const own = {
    AUTH0_CLIENT_SECRET,
    DATADOG_API_KEY,
    LOG_HASH_KEY: Reflect.get(env, 'LOG_HASH_KEY') as unknown,
  }
  const texts = [
    ...sharedSecrets(env).map(({ name, audience, text }) => ({
      name,
      holder: audience === undefined ? 'services' : `audience ${audience}`,
      text,
    })),
    ...(SESSION_SECRET ?? '')
      .split(',')
      .map((text) => ({ name: 'SESSION_SECRET', holder: 'sessions', text })),
    ...Object.entries(own).map(([name, text]) => ({ name, holder: name, text })),
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
  const spellings = [new TextEncoder().encode(text.trim()), ...(typeof bytes === 'string' ? [] : [bytes])]
  return Promise.all(spellings.filter(({ byteLength }) => byteLength > 0).map(sha256))
}
