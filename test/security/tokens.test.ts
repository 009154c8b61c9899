/**
 * Hundreds of hostile tokens for each algorithm, on Node and on workerd. Each is rejected for the very reason that it was
 * made for; the good ones beside them pass.
 */
import { createKit, type KitConfig, type SafeVerifyResult } from '@sealgate/kit'
import { createExternalVerifier, type ExternalResult } from '@sealgate/kit/external'
import { beforeAll, describe, expect, it } from 'vitest'
import { controlsFor } from './controls.ts'
import { type Attack, attacksOn } from './corpus.ts'
import type { Target } from './target.ts'
import { type AttackedAlg, eddsaTarget, externalTarget, hs512Target, RFC_8037, SECRET } from './targets.ts'

const ENDS = { issuer: 'https://issuer.test', audience: 'reports', now: 1_800_000_000 }

interface Subject {
  readonly target: Target
  readonly verify: (token: string) => Promise<SafeVerifyResult | ExternalResult>
  /** What the verifier says to whoever listens. */
  readonly heard: readonly unknown[]
}

function internal(target: Target, verify: NonNullable<KitConfig['verify']>): Subject {
  const heard: unknown[] = []
  const { issuer, audience, now } = target
  const kit = createKit({
    ...{ issuer, audience, verify, now: () => now },
    onEvent: (event) => heard.push(event),
  })
  return { target, heard, verify: (token) => kit.safeVerify(token) }
}

const eddsa = (): Subject => {
  const { x, kid } = RFC_8037
  return internal(eddsaTarget(RFC_8037, ENDS), { publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid } })
}
const hs512 = (): Subject => internal(hs512Target(ENDS), { secret: SECRET })

const external = (alg: AttackedAlg) => async (): Promise<Subject> => {
  const heard: unknown[] = []
  const target = await externalTarget(alg, ENDS)
  const { issuer, audience, now } = target
  const verifier = createExternalVerifier({
    ...{ issuer, audience, algorithms: [alg], now: () => now },
    jwksUri: 'https://issuer.test/jwks',
    fetch: (input) => {
      // What a header says of keys elsewhere must not become a request.
      if (input !== 'https://issuer.test/jwks') throw new Error('a key was fetched from elsewhere')
      return Promise.resolve(Response.json({ keys: [target.jwk] }))
    },
    onEvent: (event) => heard.push(event),
  })
  return { target, heard, verify: (token) => verifier.safeVerify(token) }
}

/** Parts of a token that are long enough to be told from other words. */
const partsOf = (token: string): readonly string[] =>
  [token, ...token.split('.')].filter((part) => part.length > 24)

describe.each([
  ['EdDSA', eddsa],
  ['HS512', hs512],
  ['RS256', external('RS256')],
  ['PS256', external('PS256')],
  ['ES256', external('ES256')],
])('hostile tokens, %s', (_, make) => {
  let subject: Subject
  let attacks: readonly Attack[]
  beforeAll(async () => {
    subject = await make()
    attacks = await attacksOn(subject.target)
  })

  it('are rejected, each for its own reason, in words that quote nothing of them', async () => {
    const { verify, heard } = subject
    expect(new Set(attacks.map(({ token }) => token)).size).toBeGreaterThan(500)
    const wrong: string[] = []
    // Twice: the second time with whatever the first time left in caches.
    for (const { attackClass, name, reason, token } of [...attacks, ...attacks]) {
      const result = await verify(token)
      const found = result.ok ? 'accepted' : result.reason
      if (found !== reason) wrong.push(`class ${attackClass}, ${name}: ${found} in place of ${reason}`)
      const said = JSON.stringify([result, heard])
      if (partsOf(token).some((part) => said.includes(part)))
        wrong.push(`class ${attackClass}, ${name}: quoted`)
    }
    expect(wrong).toEqual([])
  })

  it('do not make good ones suffer', async () => {
    const { target, verify } = subject
    const rejected: string[] = []
    for (const [index, [name, token]] of (await controlsFor(target)).entries()) {
      // In between others: what a bad token leaves behind must not tell on the next.
      await verify(attacks[(index * 31) % attacks.length]?.token ?? '')
      const result = await verify(token)
      if (!result.ok) rejected.push(`${name}: ${result.reason}, ${result.detail}`)
    }
    expect(rejected).toEqual([])
  })
})
