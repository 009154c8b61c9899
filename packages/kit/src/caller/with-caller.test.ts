import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { ClaimsError, ConfigError, KeysUnavailableError } from '../errors.ts'
import { createKit } from '../kit/create-kit.ts'
import { createVerifier } from '../kit/create-verifier.ts'
import type { Kit } from '../kit/kit.ts'
import { publicKeys } from '../kit/verifier-parts.ts'
import { parse } from '../tokens/parse.ts'
import { withCaller } from './with-caller.ts'

const NOW = 1_800_000_000
let time = NOW
let kit: Kit
let own: string
let ada: Auth
/** What the gateway was asked to delegate. */
let delegations: { readonly audience: string }[] = []
let failing = false

const fetched: Request[] = []
const called: unknown[][] = []
/** A service as the platform binds it: a function by every name. */
const service = (): Fetcher & Record<string, (...args: unknown[]) => Promise<unknown>> =>
  new Proxy(
    {},
    {
      get: (_, name) =>
        name === 'fetch'
          ? (request: Request) => {
              fetched.push(request)
              return Promise.resolve(new Response('ok'))
            }
          : (...args: unknown[]) => Promise.resolve(void called.push([name, ...args])),
    },
  ) as never

beforeAll(async () => {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x: string; d: string }
  const privateJwk = { kty: 'OKP', crv: 'Ed25519', x, d, kid: 'key-1', alg: 'EdDSA' }
  const config = { issuer: 'https://issuer.test', audience: 'reports', now: () => time }
  const gateway = createKit({ ...config, sign: { privateJwk } })
  own = await gateway.sign(
    { sub: 'auth0|ada', permissions: ['read:reports', 'read:invoices'] },
    { ttlSeconds: 600 },
  )
  const exchangeService = {
    async delegate(token: string, request: { readonly audience: string }) {
      delegations.push(request)
      if (failing) return { ok: false, code: 'down', status: 503 }
      const auth = await gateway.checkAuth(token)
      if (!auth) throw new Error('the token does not count')
      return { ok: true, token: await gateway.delegate(auth, { aud: request.audience }) }
    },
  }
  const { keys } = await gateway.jwks()
  kit = createKit({ ...config, verify: { publicJwk: { keys: [...keys] } }, exchangeService })
})
beforeEach(async () => {
  time = NOW
  delegations = []
  failing = false
  fetched.length = 0
  called.length = 0
  const auth = await kit.checkAuth(own)
  if (!auth) throw new Error('the token does not count')
  ada = auth
})

const tokenOf = (request: Request | undefined): string =>
  /^Bearer (.+)$/.exec(request?.headers.get('Authorization') ?? '')?.[1] ?? ''
const tokenIn = (call: unknown[] | undefined): string =>
  (call?.[1] as { sealgate: { token: string } }).sealgate.token

describe('a service', () => {
  it('gets a delegated token by HTTP, never the caller’s own', async () => {
    const { BILLING } = withCaller({ BILLING: service() }, ada, { callees: { BILLING: 'billing' } })
    expect(delegations).toEqual([])
    await BILLING.fetch('https://billing.internal/invoices?x=1', { method: 'POST', body: 'text' })
    const [request] = fetched
    expect([request?.method, request?.url, await request?.text()]).toEqual([
      'POST',
      'https://billing.internal/invoices?x=1',
      'text',
    ])
    expect(tokenOf(request)).not.toBe(own)
    expect(parse(tokenOf(request)).payload).toMatchObject({ aud: 'billing', act: { sub: 'reports' } })
  })

  it('gets it in place of what the incoming request brought, in whichever header', async () => {
    const incoming = new Request('https://reports.internal/', {
      headers: {
        Authorization: `Bearer ${own}`,
        'Sec-WebSocket-Protocol': `chat, sealgate, sealgate.bearer.${own}`,
        'X-Other': 'kept',
      },
    })
    const { BILLING } = withCaller({ BILLING: service() }, ada, { callees: { BILLING: 'billing' } })
    await BILLING.fetch(incoming)
    expect(JSON.stringify([...(fetched[0]?.headers ?? [])])).not.toContain(own)
    expect(fetched[0]?.headers.get('X-Other')).toBe('kept')
    expect(fetched[0]?.headers.get('Sec-WebSocket-Protocol')).toBe('chat, sealgate')
    expect(incoming.headers.get('Authorization')).toBe(`Bearer ${own}`)
  })

  it('gets it as the first argument over RPC', async () => {
    const { BILLING } = withCaller({ BILLING: service() }, ada, { callees: { BILLING: 'billing' } })
    await BILLING.invoices?.({ year: 2026 }, 7)
    expect(called).toMatchObject([['invoices', { sealgate: {} }, { year: 2026 }, 7]])
    expect(parse(tokenIn(called[0])).payload).toMatchObject({ aud: 'billing' })
  })

  it('is asked for once, at the first call, however many come at once', async () => {
    const bound = { BILLING: service(), ARCHIVE: service() }
    const env = withCaller(bound, ada, { callees: { BILLING: 'billing', ARCHIVE: 'archive' } })
    await Promise.all([env.BILLING.fetch('https://x.test/'), env.BILLING.a?.(), env.BILLING.b?.()])
    await env.BILLING.fetch('https://x.test/')
    expect(delegations).toEqual([{ audience: 'billing' }])
    await env.ARCHIVE.fetch('https://x.test/')
    expect(delegations).toHaveLength(2)
  })

  it('gets a new one when the last is about to end, and after one that failed', async () => {
    const request = { aud: 'billing', ttlSeconds: 60 }
    const { BILLING } = withCaller({ BILLING: service() }, ada, { callees: { BILLING: request } })
    failing = true
    await expect(BILLING.fetch('https://x.test/')).rejects.toThrow(KeysUnavailableError)
    failing = false
    await BILLING.fetch('https://x.test/')
    await BILLING.fetch('https://x.test/')
    expect(delegations).toHaveLength(2)
    time = NOW + 580
    await BILLING.fetch('https://x.test/')
    expect(delegations).toHaveLength(3)
  })

  it('that is not named gets nothing', async () => {
    const OTHER = service()
    const env = withCaller({ BILLING: service(), OTHER, NAME: 'x' }, ada, { callees: { BILLING: 'billing' } })
    expect(env.OTHER).toBe(OTHER)
    expect(env.NAME).toBe('x')
    await env.OTHER.fetch(new Request('https://x.test/'))
    expect(fetched[0]?.headers.has('Authorization')).toBe(false)
    expect(delegations).toEqual([])
  })

  it('is told the ids of the request that is served, and so is the gateway', async () => {
    const incoming = new Request('https://x.test/', { headers: { 'X-Request-Id': 'a1b2c3d4' } })
    const { BILLING } = withCaller({ BILLING: service() }, ada, { callees: { BILLING: 'billing' }, incoming })
    await BILLING.fetch('https://x.test/')
    expect(fetched[0]?.headers.get('X-Request-Id')).toBe('a1b2c3d4')
  })

  it('may be awaited, and opened as a socket, without a call', async () => {
    const { BILLING } = withCaller({ BILLING: service() }, ada, { callees: { BILLING: 'billing' } })
    const same = await Promise.resolve(BILLING)
    expect(same).toBe(BILLING)
    void BILLING.connect('x:1')
    expect(called).toEqual([['connect', 'x:1']])
  })
})

it('the stub of a Durable Object carries the caller like a service', async () => {
  const ROOMS = {
    idFromName: (name: string) => ({ name }),
    get: (id: { readonly name: string }) => Object.assign(Object.create(null) as object, { ...stub, id }),
  }
  const stub = {
    fetch: (request: Request) => Promise.resolve(void fetched.push(request)),
    join: (...args: unknown[]) => Promise.resolve(void called.push(['join', ...args])),
  }
  const env = withCaller({ ROOMS }, ada, { callees: { ROOMS: { aud: 'rooms', permissions: [] } } })
  const room = env.ROOMS.get(env.ROOMS.idFromName('one')) as unknown as typeof stub & { id: object }
  await room.join(7)
  await room.fetch(new Request('https://room.internal/'))
  expect(parse(tokenIn(called[0])).payload).toMatchObject({ aud: 'rooms' })
  expect(tokenOf(fetched[0])).toBe(tokenIn(called[0]))
  expect(room.id).toEqual({ name: 'one' })
  expect(delegations).toEqual([{ audience: 'rooms', permissions: [] }])
})

describe('what cannot carry a caller is said when it is made', () => {
  const bound = { BILLING: service(), KV: { get: () => null, put: () => null }, NAME: 'x' }
  it.each<[what: string, callees: object, message: string]>([
    ['a name without a binding', { BILLIN: 'billing' }, 'callees names BILLIN, which is no binding of env'],
    [
      'a prototype’s name',
      JSON.parse('{"__proto__":"x"}') as object,
      'callees names __proto__, which is no binding',
    ],
    [
      'another prototype’s name',
      { constructor: 'x' },
      'callees names constructor, which is no binding of env',
    ],
    ['a variable', { NAME: 'x' }, 'callees names NAME, which is neither a service'],
    ['another binding', { KV: 'x' }, 'callees names KV, which is neither a service'],
    ['no audience', { BILLING: '' }, 'callees.BILLING is no audience'],
    ['an audience that is a list', { BILLING: { aud: ['a'] } }, 'callees.BILLING is no audience'],
    ['nothing', { BILLING: undefined }, 'callees.BILLING is no audience'],
  ])('%s', (_, callees, message) => {
    const make = (): unknown => withCaller(bound, ada, { callees: callees as Record<'BILLING', string> })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(message)
  })

  it.each<[what: string, auth: () => unknown]>([
    ['an Auth from JSON', () => JSON.parse(JSON.stringify(ada)) as unknown],
    ['a copy', () => ({ ...ada })],
    ['what inherits from it', () => Object.create(ada) as unknown],
    ['claims', () => ada.claims],
  ])('%s is no caller that a kit verified', (_, auth) => {
    const make = (): unknown => withCaller(bound, auth() as Auth, { callees: { BILLING: 'billing' } })
    expect(make).toThrow(ClaimsError)
  })

  it('the caller of a verifier, which delegates nothing', async () => {
    const { keys } = await createKit({
      issuer: 'https://issuer.test',
      audience: 'reports',
      sign: { secret: 'A'.repeat(86) },
    }).jwks()
    expect(keys).toEqual([])
    const secretKit = createKit({
      issuer: 'https://issuer.test',
      audience: 'reports',
      sign: { secret: 'A'.repeat(86) },
    })
    const { sharedSecrets } = await import('../kit/verifier-parts.ts')
    const verifier = createVerifier({
      issuer: 'https://issuer.test',
      audience: 'reports',
      verify: { secret: 'A'.repeat(86) },
      parts: [sharedSecrets, publicKeys],
    })
    const auth = await verifier.checkAuth(await secretKit.sign({ sub: 'x' }))
    if (!auth) throw new Error('the token does not count')
    expect(() => withCaller(bound, auth, { callees: { BILLING: 'billing' } })).toThrow(ConfigError)
  })
})
