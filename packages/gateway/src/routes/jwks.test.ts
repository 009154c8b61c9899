import { beforeAll, describe, expect, it } from 'vitest'
import { catchLogs, expectError, gatewayEnv, newSlot } from '../testing/fixtures.ts'
import { app } from '../testing/test-gateway.ts'

const PATH = 'https://gateway.test/.well-known/jwks.json'
let keys: Record<string, unknown>

catchLogs()
beforeAll(async () => {
  keys = {
    JWT_PRIVATE_JWK_NAME: 'SLOT_A,SLOT_B',
    SLOT_A: await newSlot('slot-a'),
    SLOT_B: await newSlot('slot-b'),
  }
})

async function get(more: object = {}, init: RequestInit = {}): Promise<Response> {
  return app.request(PATH, init, gatewayEnv({ ...keys, JWKS_PUBLIC: 'true', ...more }))
}

describe('the public JWKS', () => {
  it.each([undefined, 'false', false, ''])('is not there when JWKS_PUBLIC is %o', async (value) => {
    await expectError(await get({ JWKS_PUBLIC: value }), 404, 'not_found')
  })

  it('has the public half of every slot, and nothing else', async () => {
    const response = await get()
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('application/jwk-set+json')
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=300, stale-if-error=900')
    const set = await response.json<{ keys: Record<string, unknown>[] }>()
    expect(Object.keys(set)).toEqual(['keys'])
    expect(set.keys.map(({ kid }) => kid).sort()).toEqual(['slot-a', 'slot-b'])
    for (const key of set.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
    }
  })

  it('is not sent again to who has it (RFC 9110 §13.1.2)', async () => {
    const etag = (await get()).headers.get('ETag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get({}, { headers: { 'If-None-Match': known } })
      expect([known, response.status, await response.text()]).toEqual([known, 304, ''])
      expect(response.headers.get('ETag')).toBe(etag)
      expect(response.headers.get('Cache-Control')).toBe('public, max-age=300, stale-if-error=900')
    }
    expect((await get({}, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
  })

  it('has another ETag when a slot has another key', async () => {
    const [before, after] = [await get(), await get({ SLOT_B: await newSlot('slot-c') })]
    expect(after.headers.get('ETag')).not.toBe(before.headers.get('ETag'))
  })

  it('has a head alone for HEAD', async () => {
    const response = await get({}, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('says 404 with HS512: there are no public keys', async () => {
    const secret = 'A'.repeat(86)
    const hs512 = { JWT_PRIVATE_JWK_NAME: undefined, JWT_SECRET_NAME: 'SECRET', SECRET: secret }
    expect(await expectError(await get(hs512), 404, 'not_found')).toContain('HS512')
  })

  it('is 500 when no slot can sign', async () => {
    await expectError(await get({ SLOT_A: '', SLOT_B: 'nonsense' }), 500, 'misconfigured')
  })

  it('cannot be written to', async () => {
    await expectError(await get({}, { method: 'POST' }), 405, 'method_not_allowed')
  })
})
