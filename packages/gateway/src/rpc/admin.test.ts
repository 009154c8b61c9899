import { createKit } from '@sealgate/kit'
import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { catchLogs, gatewayEnv, INTERNAL_ISSUER, memoryKv, newSlot } from '../testing/fixtures.ts'
import { Admin, gatewayOf } from '../testing/test-gateway.ts'

let env: Record<string, unknown>
let kv: ReturnType<typeof memoryKv>
let slot: string
catchLogs()

beforeAll(async () => {
  slot = await newSlot('slot-a')
})
beforeEach(() => {
  kv = memoryKv()
  env = gatewayEnv({
    JWT_PRIVATE_JWK_NAME: 'SLOT_A,SLOT_B',
    SLOT_A: slot,
    SLOT_B: 'nonsense',
    JWT_DENYLIST_NAME: 'DENYLIST',
    DENYLIST: kv,
    ADMIN_SIGN: 'reports',
  })
})

/** An entrypoint as workerd makes it; `props` come from the caller's binding. */
function admin(props: unknown = { service: 'console', admin: true }, on = env): InstanceType<typeof Admin> {
  const context = { props, waitUntil: () => undefined, passThroughOnException: () => undefined }
  return new Admin(context as unknown as ExecutionContext, on)
}
const rejected = (code: string, status: number): object => ({ ok: false, code, status })

describe('Admin', () => {
  it.each([undefined, {}, { service: 'reports' }, { admin: true }, { service: 'x', admin: 'true' }])(
    'is not for a binding with the props %j',
    async (props) => {
      const stranger = admin(props ?? {})
      const forbidden = rejected('unauthorized_client', 403)
      expect(await stranger.sign({ sub: 'a' }, { audience: 'reports' })).toEqual(forbidden)
      expect(await stranger.revoke({ sub: 'a' })).toEqual(forbidden)
      expect(await stranger.health()).toEqual(forbidden)
      expect(kv.entries.size).toBe(0)
    },
  )

  it('signs for the audiences of ADMIN_SIGN', async () => {
    const claims = { sub: 'job-1', permissions: ['read:reports'], batch: 7 }
    const signed = await admin().sign(claims, { audience: 'reports' })
    if (!signed.ok) throw new Error(signed.code)
    expect(decodeJwt(signed.token)).toMatchObject({ ...claims, aud: 'reports', iss: INTERNAL_ISSUER })
    const publicJwk = await (await gatewayOf(env)).kitFor('reports').jwks()
    const service = createKit({ issuer: INTERNAL_ISSUER, audience: 'reports', verify: { publicJwk } })
    expect(await service.verify(signed.token)).toMatchObject({ sub: 'job-1' })
  })

  it.each<[string, object, object, string]>([
    ['another audience', { sub: 'a' }, { audience: 'archive' }, 'invalid_target'],
    ['an unknown audience', { sub: 'a' }, { audience: 'x' }, 'invalid_target'],
    ['no subject', {}, { audience: 'reports' }, 'invalid_request'],
    ['more than the maximum', { sub: 'a', permissions: ['root'] }, { audience: 'reports' }, 'invalid_scope'],
    ['roles above the maximum', { sub: 'a', roles: ['owner'] }, { audience: 'reports' }, 'invalid_scope'],
    [
      'permissions that are no list',
      { sub: 'a', permissions: 'a' },
      { audience: 'reports' },
      'invalid_scope',
    ],
    ['scope beside the maximum', { sub: 'a', scope: 'root' }, { audience: 'reports' }, 'invalid_scope'],
    ...['act', 'may_act', 'gty', 'kind', 'req', 'iss', 'exp', 'iat', 'jti'].map(
      (name): [string, object, object, string] => [
        `the claim ${name}`,
        { sub: 'a', [name]: 'x' },
        { audience: 'reports' },
        'invalid_request',
      ],
    ),
    ['a request of another shape', { sub: 'a' }, { audience: 'reports', ttl: 1 }, 'invalid_request'],
  ])('does not sign %s', async (_, claims, request, code) => {
    expect(await admin().sign(claims, request as { audience: string })).toEqual(rejected(code, 400))
  })

  it('signs nothing unless ADMIN_SIGN says for whom', async () => {
    const signed = await admin(undefined, { ...env, ADMIN_SIGN: '' }).sign(
      { sub: 'a' },
      { audience: 'reports' },
    )
    expect(signed).toEqual(rejected('invalid_target', 400))
  })

  it.each([[{ jti: 'a' }], [{ sub: 'a' }], [{ thumbprint: 'a' }]])('revokes %j', async (what) => {
    expect(await admin().revoke(what)).toEqual({ ok: true })
    const [kind] = Object.keys(what)
    expect([...kv.entries.keys()]).toEqual([expect.stringContaining(`:${String(kind)}:`)])
  })

  it.each([
    ['a refresh token from before serves', {}, 31 * 86_400],
    ['it serves, where that is longer', { AUTH0_REFRESH_MAX_SECONDS: '31536000' }, 366 * 86_400],
    [
      'a session from before lasts, where no refresh token is out',
      { AUTH0_REFRESH_MAX_SECONDS: '0' },
      8 * 86_400,
    ],
    ['its last access token lives', { AUTH0_TOKEN_MAX_SECONDS: '2592000' }, 60 * 86_400],
  ])('keeps a revoked subject on the list while %s', async (_, variables, kept) => {
    await admin(undefined, { ...env, ...variables }).revoke({ sub: 'a' })
    expect(kv.ttl).toBe(kept)
  })

  it.each([[{}], [{ jti: '' }], [{ jti: 'a', sub: 'b' }], [{ kid: 'a' }], [[]]])(
    'does not revoke %j',
    async (what) => {
      expect(await admin().revoke(what)).toEqual(rejected('invalid_request', 400))
      expect(kv.entries.size).toBe(0)
    },
  )

  it('cannot revoke without a deny-list: that is a fault of ours', async () => {
    const without = { ...env, JWT_DENYLIST_NAME: '' }
    expect(await admin(undefined, without).revoke({ jti: 'a' })).toEqual(rejected('misconfigured', 500))
  })

  it('tells in its health which slot is broken, and no secret', async () => {
    const health = await admin().health()
    expect(health).toMatchObject({
      ok: true,
      status: 'degraded',
      kit: {
        sign: {
          slots: [
            { name: 'SLOT_A (named by JWT_PRIVATE_JWK_NAME)', kid: 'slot-a', state: 'signing' },
            { name: 'SLOT_B (named by JWT_PRIVATE_JWK_NAME)', state: 'skipped' },
          ],
        },
      },
      auth0: { source: 'url', state: 'empty' },
    })
    expect(JSON.stringify(health)).not.toContain((JSON.parse(slot) as { d: string }).d)
    const whole = await admin(undefined, { ...env, JWT_PRIVATE_JWK_NAME: 'SLOT_A' }).health()
    expect(whole).toMatchObject({ ok: true, status: 'ok' })
  })
})
