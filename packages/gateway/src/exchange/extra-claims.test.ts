import { decodeJwt } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import {
  type AddedClaims,
  type ClaimsContext,
  defineGateway,
  type GatewayDefinition,
} from '../config/definition.ts'
import { catchLogs, expectError } from '../testing/fixtures.ts'
import { createTestGateway, type TestGateway } from '../testing.ts'

const logs = catchLogs()

const PLAN = 'https://example.com/plan'
const ada = { sub: 'auth0|ada', permissions: ['read:reports'], roles: ['owner'] }

function definition(claims: GatewayDefinition['claims']): GatewayDefinition {
  return {
    ...defineGateway({
      audiences: { reports: { permissions: ['read:reports'], roles: ['analyst'] } },
      routes: [
        { match: '/api/*', methods: ['GET'], service: 'REPORTS', audience: 'reports' },
        {
          match: '/anybody',
          methods: ['GET'],
          service: 'REPORTS',
          audience: 'reports',
          auth: 'anonymous',
          anonymousGrant: [],
        },
      ],
      clients: { batch: { audiences: ['reports'] } },
    }),
    ...(claims && { claims }),
  }
}

/** Whoever has a token may exchange it, though there is a client. */
const OPEN = { env: { EXCHANGE_PUBLIC: 'true' } }

/** What a hook gives, however wrong. */
function giving(claims: unknown): GatewayDefinition {
  return definition(() => claims as undefined)
}

async function forward(gateway: TestGateway, path = '/api/x'): Promise<Response> {
  const token = await gateway.auth0.token(ada)
  return gateway.fetch(path, { headers: { Authorization: `Bearer ${token}` } })
}

const TYPE = 'urn:ietf:params:oauth:token-type:'

async function exchange(gateway: TestGateway, more: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: await gateway.auth0.token(ada),
    subject_token_type: `${TYPE}access_token`,
    audience: 'reports',
    ...more,
  })
  return gateway.fetch('/oauth/token', { method: 'POST', body })
}

const forwardedClaims = (gateway: TestGateway): object => decodeJwt(gateway.forwarded.at(-1)?.token ?? '')

describe('claims that a definition adds', () => {
  it('are in the token of a forwarded request, of a session, and of an exchange', async () => {
    const added = { [PLAN]: 'gold', 'urn:example:seats': [1, { of: null }] }
    const gateway = await createTestGateway(giving(added), OPEN)
    expect((await forward(gateway)).status).toBe(200)
    expect(forwardedClaims(gateway)).toMatchObject({ sub: 'auth0|ada', kind: 'user', ...added })
    await gateway.fetch('/api/y', { headers: { Cookie: await gateway.login(ada) } })
    expect(forwardedClaims(gateway)).toMatchObject(added)
    const { access_token: token } = await (await exchange(gateway)).json<{ access_token: string }>()
    expect(decodeJwt(token)).toMatchObject({ ...added, permissions: ['read:reports'] })
    expect((await gateway.kit('reports').checkAuth(token))?.claims).toMatchObject(added)
  })

  it('are made of who the token is for, the audience and the environment', async () => {
    const hook = vi.fn<(context: ClaimsContext) => AddedClaims>(() => ({ [PLAN]: 'gold' }))
    const store = { get: () => 'gold' }
    const gateway = await createTestGateway(definition(hook), { env: { PLANS: store } })
    await forward(gateway)
    const [[context] = []] = hook.mock.calls
    expect(context).toMatchObject({
      audience: 'reports',
      auth: { sub: 'auth0|ada', kind: 'user', permissions: ['read:reports'], roles: [] },
    })
    expect(context?.auth.claims).toMatchObject({ iss: gateway.auth0.issuer, azp: 'web' })
    expect(context?.env.PLANS).toBe(store)
  })

  it('are made once for as long as the token is used again', async () => {
    const hook = vi.fn(() => ({ [PLAN]: hook.mock.calls.length }))
    const gateway = await createTestGateway(definition(hook), { now: () => 1_800_000_000 })
    const headers = { Authorization: `Bearer ${await gateway.auth0.token(ada)}` }
    const plan = async (): Promise<object> => {
      await gateway.fetch('/api/x', { headers })
      return forwardedClaims(gateway)
    }
    expect([await plan(), await plan()]).toMatchObject([{ [PLAN]: 1 }, { [PLAN]: 1 }])
    gateway.advance(900)
    expect(await plan()).toMatchObject({ [PLAN]: 2 })
  })

  it('may be none', async () => {
    for (const none of [undefined, {}]) {
      const gateway = await createTestGateway(giving(none))
      expect((await forward(gateway)).status).toBe(200)
    }
  })

  it('are in no token of an anonymous caller, and in no transaction token', async () => {
    const hook = vi.fn(() => ({ [PLAN]: 'gold' }))
    const secret = 'a-secret-of-the-batch-client'
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
    const env = { EXCHANGE_CLIENTS: JSON.stringify({ batch: hash }) }
    const gateway = await createTestGateway(definition(hook), { env })
    expect((await gateway.fetch('/anybody')).status).toBe(200)
    const response = await exchange(gateway, {
      requested_token_type: `${TYPE}txn_token`,
      scope: 'read:reports',
      client_id: 'batch',
      client_secret: secret,
    })
    const { access_token: token } = await response.json<{ access_token: string }>()
    expect(decodeJwt(token)).not.toHaveProperty([PLAN])
    expect(hook).not.toHaveBeenCalled()
  })

  it('are in no token that a service delegates: they were for itself', async () => {
    const gateway = await createTestGateway(giving({ [PLAN]: 'gold' }))
    await forward(gateway)
    const kit = gateway.kit('reports')
    const auth = await kit.checkAuth(gateway.forwarded[0]?.token ?? '')
    if (!auth) throw new Error('the token did not pass')
    expect(auth.claims).toHaveProperty([PLAN])
    expect(decodeJwt(await kit.delegate(auth, { aud: 'reports' }))).not.toHaveProperty([PLAN])
  })
})

describe('a hook that would speak for the gateway', () => {
  it.each([
    'sub',
    'permissions',
    'kind',
    'act',
    'exp',
    'jti',
    'plan',
    'example.com/plan',
    'http://example.com/plan',
    'https://example.com',
    'https:///plan',
    'urn:plan',
    '',
  ])('names no claim %o', async (name) => {
    const gateway = await createTestGateway(giving({ [name]: 'mallory' }), OPEN)
    await expectError(await forward(gateway), 500, 'server_error')
    expect(logs.text()).toContain('claims_invalid')
    await expectError(await exchange(gateway), 500, 'server_error')
    expect(gateway.forwarded).toEqual([])
  })

  it('changes nothing of what the token carries', async () => {
    const gateway = await createTestGateway(
      definition(({ auth }) => {
        ;(auth.permissions as string[]).push('write:reports')
        return {}
      }),
    )
    await expectError(await forward(gateway), 503, 'temporarily_unavailable')
    expect(gateway.forwarded).toEqual([])
  })
})

describe('no token goes out without its claims', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic[PLAN] = cyclic

  it.each([
    ['null', null],
    ['a text', 'gold'],
    ['a list', [1]],
    ['a date', { [PLAN]: new Date(0) }],
    ['no number', { [PLAN]: NaN }],
    ['a function', { [PLAN]: () => 'gold' }],
    ['a circle', cyclic],
    ['a big integer', { [PLAN]: 1n }],
    ['too much', { [PLAN]: 'x'.repeat(2048) }],
  ])('when the hook gives %s: 500', async (_, claims) => {
    const gateway = await createTestGateway(giving(claims))
    await expectError(await forward(gateway), 500, 'server_error')
    expect(gateway.forwarded).toEqual([])
  })

  it('as long as they fit', async () => {
    const gateway = await createTestGateway(
      giving({ [PLAN]: 'x'.repeat(2048 - JSON.stringify({ [PLAN]: '' }).length) }),
    )
    expect((await forward(gateway)).status).toBe(200)
  })

  it('when the hook throws: 503, and the log has the name of the error, not its words', async () => {
    const gateway = await createTestGateway(definition(() => Promise.reject(new RangeError('secret-canary'))))
    const response = await forward(gateway)
    expect(response.headers.get('Retry-After')).toBe('5')
    await expectError(response, 503, 'temporarily_unavailable')
    await vi.waitFor(() =>
      expect(logs.lines()).toContainEqual(
        expect.objectContaining({
          reason: 'claims_unavailable',
          detail: 'the hook claims threw: RangeError',
        }),
      ),
    )
    expect(logs.text()).not.toContain('secret-canary')
  })

  it('when the hook takes longer than two seconds: 503', async () => {
    const gateway = await createTestGateway(definition(() => new Promise(() => undefined)))
    await expectError(await forward(gateway), 503, 'temporarily_unavailable')
    await vi.waitFor(() => expect(logs.text()).toContain('longer than 2000 ms'))
  })

  it('when the hook is no function: nothing starts', async () => {
    const wrong = { ...definition(undefined), claims: { [PLAN]: 'gold' } } as unknown as GatewayDefinition
    await expect(createTestGateway(wrong)).rejects.toThrow('claims of the definition is no function')
  })
})
