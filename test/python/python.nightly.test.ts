import { generateSecret, createKit, type Kit } from '@sealgate/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keygen, startTenant, type Tenant } from 'sealgate/internal'
import { bearer, exchangeOf, newSlots } from '../support/system.ts'
import { note } from '../../bench/nightly/metrics.ts'
import { login } from '../support/login.ts'
import { corpus, ISSUER } from './corpus.ts'
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

  describe('asks the gateway over RPC', () => {
    it('who calls, and lets the caller in', async () => {
      const response = await system.python('entry', bearer(await internalToken()))
      expect([response.status, await response.json()]).toEqual([200, { sub: 'auth0|alice' }])
    })

    it('and rejects a caller without a token, with a bad one, or without the permission', async () => {
      const ask = async (headers: Record<string, string>): Promise<unknown> => {
        const { status, headers: answered } = await system.python('entry', { headers })
        return [status, answered.get('WWW-Authenticate')]
      }
      const invalid = [401, 'Bearer error="invalid_token"']
      expect(await ask({})).toEqual([401, 'Bearer'])
      expect(await ask({ Authorization: 'Basic YTpi' })).toEqual([401, 'Bearer'])
      expect(await ask({ Authorization: 'Bearer ' })).toEqual(invalid)
      expect(await ask({ Authorization: `Bearer ${await internalToken()}A` })).toEqual(invalid)
      expect(await ask(bearer(await internalToken('export:reports')).headers)).toEqual([
        403,
        'Bearer error="insufficient_scope", scope="read:reports"',
      ])
    })

    it('and hears of a revocation', async () => {
      const token = await internalToken()
      const revocation = await system.gateway('/oauth/revoke', new URLSearchParams({ token }))
      expect(revocation.status).toBe(200)
      expect((await system.python('entry', bearer(token))).status).toBe(401)
    })

    it('and gets values that are plain in Python: dicts, lists, text, numbers', async () => {
      const token = await internalToken()
      const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
      expect(await probe({ do: 'ask', token, audience: 'reports' })).toEqual({ ok: true, claims })
      expect(await probe({ do: 'ask_as_sdk', token, audience: 'reports' })).toEqual(claims)
      expect(await probe({ do: 'ask', token: 'nonsense', audience: 'reports' })).toEqual({
        ok: false,
        code: 'invalid_token',
        status: 401,
      })
    })

    it('in vain for another audience, or with a Map, which older runtimes make of a dict', async () => {
      const token = await internalToken()
      const rejected = { ok: false, code: 'unauthorized_client', status: 403 }
      expect(await probe({ do: 'ask', token, audience: 'archive' })).toEqual(rejected)
      expect(await probe({ do: 'ask', token, audience: 'reports', as_map: true })).toEqual(rejected)
    })
  })

  describe('verifies by itself as the kit does', () => {
    const now = Math.floor(Date.now() / 1000)
    const expected = { issuer: ISSUER, audience: 'reports', now }
    const config = { issuer: ISSUER, audience: 'reports', now: () => now }

    /** Verdicts of the kit: claims, or the reason of the rejection. */
    async function judge(kit: Kit, tokens: Iterable<string>): Promise<unknown[]> {
      const verdicts: unknown[] = []
      for (const token of tokens) {
        const result = await kit.safeVerify(token)
        verdicts.push(result.ok ? result.claims : result.reason)
      }
      return verdicts
    }

    function named(tokens: Map<string, string>, verdicts: unknown): Record<string, unknown> {
      const list = verdicts as unknown[]
      return Object.fromEntries([...tokens.keys()].map((name, index) => [name, list[index]]))
    }

    it('with EdDSA, by the gateway’s keys', async () => {
      const good = JSON.parse(slots.GATEWAY_PRIVATE_B) as Record<string, unknown>
      const stranger = JSON.parse(keygen('--kid=slot-b', '--private')) as Record<string, unknown>
      const tokens = await corpus({ good, stranger, alg: 'EdDSA' }, now)
      const publicJwk = await createKit({ ...config, sign: { privateJwk: good } }).jwks()
      const byKit = named(
        tokens,
        await judge(createKit({ ...config, verify: { publicJwk } }), tokens.values()),
      )
      expect(named(tokens, await probe({ do: 'judge', tokens: [...tokens.values()], expected }))).toEqual(
        byKit,
      )
      expect(Object.values(byKit).filter((verdict) => typeof verdict === 'object')).toHaveLength(6)
      const own = await internalToken()
      expect(await probe({ do: 'judge', tokens: [own], expected })).toMatchObject([{ sub: 'auth0|alice' }])
    })

    it('with HS512, by a shared secret', async () => {
      const secret = generateSecret()
      const jwk = (k: string): Record<string, unknown> => ({ kty: 'oct', alg: 'HS512', kid: 'shared', k })
      const tokens = await corpus({ good: jwk(secret), stranger: jwk(generateSecret()), alg: 'HS512' }, now)
      const byKit = named(tokens, await judge(createKit({ ...config, verify: { secret } }), tokens.values()))
      expect(
        named(tokens, await probe({ do: 'judge', tokens: [...tokens.values()], expected, secret })),
      ).toEqual(byKit)
      expect(Object.values(byKit).filter((verdict) => typeof verdict === 'object')).toHaveLength(6)
    })
  })
})
