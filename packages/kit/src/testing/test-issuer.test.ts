import { makeKit } from '../kit/make-kit.ts'
import { createKit } from '../kit/create-kit.ts'
import { describe, expect, it } from 'vitest'
import { type Kit } from '../index.ts'
import { createTestIssuer, rawToken, type TestIssuer } from './test-issuer.ts'

const kitOf = (issuer: TestIssuer): Kit => makeKit(issuer.env)
const reasonOf = async (kit: Kit, token: string): Promise<string> => {
  const result = await kit.safeVerify(token)
  return result.ok ? 'ok' : result.reason
}

describe('createTestIssuer', () => {
  it('issues tokens that the kit accepts under its env', async () => {
    const issuer = await createTestIssuer()
    const auth = await kitOf(issuer).checkAuth(
      await issuer.token({ permissions: ['read:reports'], roles: ['admin'], kind: 'user' }),
    )
    expect(auth).toMatchObject({
      sub: 'user-1',
      kind: 'user',
      permissions: ['read:reports'],
      roles: ['admin'],
    })
  })

  it('makes each kind of bad token', async () => {
    const issuer = await createTestIssuer()
    const kit = kitOf(issuer)
    expect(await reasonOf(kit, await issuer.token())).toBe('ok')
    expect(await reasonOf(kit, await issuer.expired())).toBe('expired')
    expect(await reasonOf(kit, await issuer.forged())).toBe('bad_signature')
    expect(await reasonOf(kit, await issuer.token({}, { aud: 'others' }))).toBe('wrong_audience')
    expect(await reasonOf(kit, await issuer.token({}, { iss: 'https://other.test' }))).toBe('wrong_issuer')
    expect(await reasonOf(kit, await issuer.token({}, { typ: 'other+jwt' }))).toBe('wrong_type')
    expect(await reasonOf(kit, await issuer.token({}, { ttlSeconds: 7200 }))).toBe('too_old')
    expect(await reasonOf(kit, rawToken({ alg: 'none' }, { sub: 'x' }))).toBe('unsupported_alg')
  })

  it('issues expired tokens that ended an hour ago, and lived five minutes', async () => {
    const now = 1_800_000_000
    const issuer = await createTestIssuer({ now: () => now })
    const [, payload = ''] = (await issuer.expired({ sub: 'user-2' })).split('.')
    expect(JSON.parse(atob(payload))).toMatchObject({ sub: 'user-2', iat: now - 3900, exp: now - 3600 })
  })

  it('fails as it was asked to, in words that a log of the test shows', async () => {
    const { binding, ...issuer } = await createTestIssuer()
    issuer.break('throw')
    await expect(binding.fetch('https://issuer.test/')).rejects.toThrow('the test issuer is broken')
    issuer.break(418)
    const response = await binding.fetch('https://issuer.test/')
    expect([response.status, await response.text()]).toEqual([418, 'broken'])
    issuer.break({ body: '<html>' })
    const odd = await binding.fetch('https://issuer.test/')
    expect([odd.status, await odd.text()]).toEqual([200, '<html>'])
    expect(binding.fetches).toBe(3)
  })

  it('makes the same tokens for the same key and clock', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
    if (!('privateKey' in pair)) throw new Error('no pair')
    const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
    const privateJwk = { kty: 'OKP', crv: 'Ed25519', x, d, kid: 'fixed', alg: 'EdDSA' }
    const options = { privateJwk, now: () => 1_800_000_000 }
    const claims = { jti: 'fixed' }
    const one = await (await createTestIssuer(options)).token(claims)
    expect(await (await createTestIssuer(options)).token(claims)).toBe(one)
  })

  it('rotates: the old key stays published, or is withdrawn', async () => {
    const issuer = await createTestIssuer()
    const old = await issuer.token()
    await issuer.rotate()
    const kit = kitOf(issuer)
    expect(await reasonOf(kit, old)).toBe('ok')
    expect(await reasonOf(kit, await issuer.token())).toBe('ok')
    await issuer.rotate({ withdraw: true })
    const { JWT_ISS: iss, JWT_AUD: audience } = issuer.env
    const fresh = createKit({ issuer: iss, audience, verify: { jwksService: issuer.binding } })
    expect(await reasonOf(fresh, old)).toBe('unknown_kid')
    expect(await reasonOf(fresh, await issuer.token())).toBe('ok')
  })

  it.each([[undefined], [404], [{ body: '<html>' }], ['throw' as const]])(
    'breaks the way it is asked to (%j), and mends',
    async (how) => {
      const issuer = await createTestIssuer()
      issuer.break(how)
      const { JWT_ISS: iss, JWT_AUD: audience } = issuer.env
      const config = {
        issuer: iss,
        audience,
        verify: { jwksService: issuer.binding },
        onEvent: () => undefined,
      }
      const token = await issuer.token()
      expect(await createKit(config).authorize(token)).toMatchObject({ status: 503 })
      expect(issuer.binding.fetches).toBe(1)
      issuer.mend()
      expect(await createKit(config).authorize(token)).toMatchObject({ granted: true })
    },
  )
})
