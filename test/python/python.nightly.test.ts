import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTenant, type Tenant } from 'sealgate/internal'
import { bearer, exchangeOf, newSlots } from '../support/system.ts'
import { note } from '../../bench/nightly/metrics.ts'
import { login } from '../support/login.ts'
import { policiesOf, verdictsOf } from './verdicts.ts'
import { macCases, signatureCases } from './vectors.ts'
import { PYODIDE_VERSION } from '../support/python/pyodide.ts'
import { type PythonSystem, startPythonSystem } from '../support/python/python-worker.ts'

// Pyodide takes some seconds to start: not for every run.
describe('Python in a Worker', () => {
  const slots = newSlots()
  let tenant: Tenant
  let system: PythonSystem

  beforeAll(async () => {
    tenant = await startTenant({ quiet: true })
    const gatewayVars = {
      AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
      AUTH0_BASE_URL: tenant.baseUrl,
      ...slots,
    }
    system = await startPythonSystem({ gatewayVars })
    const start = performance.now()
    await system.python('entry')
    note(
      'Python',
      `Pyodide ${PYODIDE_VERSION} starts in ${((performance.now() - start) / 1000).toFixed(1)} s`,
    )
  })

  afterAll(async () => {
    await system.close()
    await tenant.close()
  })

  /** The internal token that the gateway gives alice. */
  async function internalToken(scope?: string): Promise<string> {
    const parameters = { ...exchangeOf(await login(tenant)), ...(scope !== undefined && { scope }) }
    const response = await system.gateway('/oauth/token', new URLSearchParams(parameters))
    return ((await response.json()) as { access_token: string }).access_token
  }

  async function probe(order: object): Promise<unknown> {
    const response = await system.python('probe', { method: 'POST', body: JSON.stringify(order) })
    return response.json()
  }

  describe.each([
    ['asks the gateway over RPC', 'entry'],
    ['verifies with the gateway’s keys over a binding', 'offline'],
  ])('%s', (_, module) => {
    it('lets the caller in', async () => {
      const response = await system.python(module, bearer(await internalToken()))
      expect([response.status, await response.json()]).toEqual([200, { sub: 'auth0|alice' }])
    })

    it('rejects a caller without a token, with a bad one, or without the permission', async () => {
      const call = async (headers: Record<string, string>): Promise<unknown> => {
        const { status, headers: received } = await system.python(module, { headers })
        return [status, received.get('WWW-Authenticate')?.split(',')[0]]
      }
      const invalid = [401, 'Bearer error="invalid_token"']
      expect(await call({})).toEqual([401, 'Bearer'])
      expect(await call({ Authorization: 'Basic YTpi' })).toEqual([401, 'Bearer'])
      expect(await call({ Authorization: 'Bearer ' })).toEqual([400, 'Bearer error="invalid_request"'])
      expect(await call({ Authorization: `Bearer ${await internalToken()}A` })).toEqual(invalid)
      expect(await call(bearer(await internalToken('export:reports')).headers)).toEqual([
        403,
        'Bearer error="insufficient_scope"',
      ])
    })
  })

  it('runs the snippet of another kit as it stands', async () => {
    const good = await system.python('seed', bearer(await internalToken()))
    expect([good.status, await good.json()]).toEqual([200, { data: 'secure', user: 'auth0|alice' }])
    const forged = await system.python('seed', bearer(`${await internalToken()}A`))
    expect([forged.status, await forged.json()]).toEqual([401, { error: 'Unauthorized' }])
  })

  describe('over RPC', () => {
    it('hears of a revocation', async () => {
      const token = await internalToken()
      const revocation = await system.gateway('/oauth/revoke', new URLSearchParams({ token }))
      expect(revocation.status).toBe(200)
      expect((await system.python('entry', bearer(token))).status).toBe(401)
    })

    it('gets values that are plain in Python: dicts, lists, text, numbers', async () => {
      const token = await internalToken()
      const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
      expect(await probe({ do: 'call', token, audience: 'reports' })).toEqual({ ok: true, claims })
      expect(await probe({ do: 'verify', token, audience: 'reports' })).toEqual(claims)
      expect(await probe({ do: 'verify', token, audience: 'reports', as_sdk: true })).toEqual(claims)
      expect(await probe({ do: 'verify', token: 'nonsense', audience: 'reports' })).toEqual({
        reason: 'invalid_token',
      })
    })

    it('gets a token for the next hop, with no more rights', async () => {
      const token = await internalToken()
      const next = await probe({
        do: 'delegate',
        token,
        audience: 'reports',
        permissions: ['read:reports'],
      })
      expect(await probe({ do: 'verify', token: next, audience: 'reports' })).toMatchObject({
        sub: 'auth0|alice',
        permissions: ['read:reports'],
        act: { sub: 'reports' },
      })
    })

    it('calls in vain for another audience, or with a Map, which older runtimes make of a dict', async () => {
      const token = await internalToken()
      const rejected = { code: 'unauthorized_client', status: 403 }
      expect(await probe({ do: 'verify', token, audience: 'archive' })).toEqual(rejected)
      expect(await probe({ do: 'call', token, audience: 'reports', as_map: true })).toMatchObject(rejected)
    })
  })

  describe('says what the kit says', () => {
    it.each(['EdDSA', 'HS512'] as const)('about each token: %s', async (mode) => {
      const { byKit, byPython } = await verdictsOf(probe, mode)
      expect(byPython).toEqual(byKit)
      expect(Object.values(byKit).filter((verdict) => typeof verdict === 'object')).toHaveLength(6)
    })

    it('about each policy and each caller', async () => {
      const { byKit, byPython } = await policiesOf(probe)
      expect(byPython).toEqual(byKit)
    })

    it.each(signatureCases())('about Ed25519, $name', async ({ cases, expected }) => {
      expect(await probe({ do: 'signatures', cases })).toEqual(expected)
    })

    it('about HMAC-SHA-512, Wycheproof', async () => {
      const { cases, expected } = macCases()
      expect(await probe({ do: 'macs', cases })).toEqual(expected)
    })
  })
})
