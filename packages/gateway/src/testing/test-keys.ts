import { isObject, namesOf, parseJson } from '@sealgate/kit/gateway'
import { base64url, exportJWK, generateKeyPair } from 'jose'

/**
 * The environment with a signing key. What it names and does not hold is made: a slot of `JWT_PRIVATE_JWK_NAME`, or secrets
 * of `JWT_SECRET_NAME` or `JWT_SECRETS_BY_AUDIENCE`. Without any of them: a key for EdDSA.
 */
export async function withKeys(env: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const { JWT_SECRETS_BY_AUDIENCE: byAudience, JWT_SECRET_NAME: secrets } = env
  if (byAudience !== undefined) {
    const parsed = typeof byAudience === 'string' ? parseJson(byAudience) : byAudience
    return { ...secretsFor(isObject(parsed) ? Object.values(parsed) : []), ...env }
  }
  if (secrets !== undefined) return { ...secretsFor([secrets]), ...env }
  if (env.JWT_SECRET !== undefined || env.JWT_PRIVATE_JWK !== undefined) return { ...env }
  const { JWT_PRIVATE_JWK_NAME: slots = 'TEST_SLOT' } = env
  const [first = 'TEST_SLOT'] = namesOf(slots)
  return { [first]: await newSlot(), JWT_PRIVATE_JWK_NAME: slots, ...env }
}

function secretsFor(lists: readonly unknown[]): Record<string, string> {
  return Object.fromEntries(lists.flatMap(namesOf).map((name) => [name, randomSecret(64)]))
}

/** base64url of this many random bytes. */
export function randomSecret(bytes: number): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)))
}

async function newSlot(): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const { kty, crv, x, d } = await exportJWK(privateKey)
  return JSON.stringify({ kty, crv, x, d, kid: 'test-slot', alg: 'EdDSA', use: 'sig', nbf: 0 })
}
