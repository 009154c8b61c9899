import { createKit } from './create-kit.ts'
import { describe, expect, it } from 'vitest'
import { generateSecret, type KitConfig } from '../index.ts'
import { createTestIssuer } from '../testing/test-issuer.ts'

const base = { issuer: 'https://issuer.test', audience: 'test-service', onEvent: () => undefined }

describe('describe()', () => {
  it('tells the state of a JWKS source before, after and in an outage', async () => {
    let time = 1_800_000_000
    const issuer = await createTestIssuer({ now: () => time })
    const kit = createKit({ ...base, verify: { jwksService: issuer.binding }, now: () => time })
    expect(await kit.describe()).toMatchObject({
      issuer: base.issuer,
      audiences: ['test-service'],
      sign: undefined,
      verify: { mode: 'EdDSA', source: 'service', kids: [], state: 'empty' },
    })
    await kit.verify(await issuer.token())
    expect((await kit.describe()).verify).toMatchObject({
      kids: ['test-key-1'],
      state: 'fresh',
      ageSeconds: 0,
    })
    time += 400
    issuer.break(503)
    await kit.verify(await issuer.token())
    const { verify } = await kit.describe()
    expect(verify).toMatchObject({ kids: ['test-key-1'], state: 'stale', ageSeconds: 400 })
    expect(verify.problem).toContain('503')
  })

  it('tells which slot signs, and what is wrong with the others', async () => {
    const secret = generateSecret()
    const hs512 = createKit({ ...base, sign: { secret } })
    expect(await hs512.describe()).toMatchObject({ sign: { mode: 'HS512' }, verify: { mode: 'HS512' } })
    expect(JSON.stringify(await hs512.describe())).not.toContain(secret)

    const good = await slot('good')
    const config: KitConfig = { ...base, sign: { privateJwk: [good, { ...good, kid: 'broken', d: 'AAAA' }] } }
    const { sign } = await createKit(config).describe()
    expect(sign?.slots).toEqual([
      expect.objectContaining({ kid: 'good', state: 'signing' }),
      expect.objectContaining({
        name: 'sign.privateJwk[1]',
        state: 'skipped',
        problem: expect.any(String) as string,
      }),
    ])
    expect(JSON.stringify(sign)).not.toContain(String(good.d))
  })
})

async function slot(kid: string): Promise<Record<string, unknown>> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
  return { kty: 'OKP', crv: 'Ed25519', x, d, kid, alg: 'EdDSA', nbf: 0 }
}
