import {
  createKit,
  type DenylistStore,
  type Kit,
  type KitConfig,
  parse,
  type Revocation,
} from '@sealgate/kit'
import { issueInternal } from '@sealgate/kit/gateway'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'

/**
 * The cells of "How each credential lives on" (docs/reference/security.md) that a service decides: what ends a token that
 * it takes, and how fast. Those of sessions are in packages/gateway/src/routes/credential-lifetimes.test.ts.
 */
const NOW = 1_800_000_000
const ISSUER = 'https://gateway.test'
const TXN = 'txntoken+jwt'
/** A verdict of the deny-list, and a JWK Set, are remembered so long: seconds. */
const [DENYLIST_SECONDS, JWKS_SECONDS] = [30, 300]

let time: number
let published: JWK[]
let store: DenylistStore
/** Signs, as the gateway does. */
let gateway: Kit
/** A service that is called, and one that it calls in turn. */
let orders: Kit
let billing: Kit

async function newKey(kid: string): Promise<{ readonly privateJwk: JWK; readonly publicJwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair('Ed25519', { extractable: true })
  const known = { kid, alg: 'EdDSA', use: 'sig' }
  return {
    publicJwk: { ...(await exportJWK(publicKey)), ...known },
    privateJwk: { ...(await exportJWK(privateKey)), ...known },
  }
}

beforeEach(async () => {
  time = NOW
  const entries = new Map<string, unknown>()
  store = {
    get: (keys) => Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null]))),
    put: (key, value) => Promise.resolve(void entries.set(key, JSON.parse(value))),
  }
  const { privateJwk, publicJwk } = await newKey('first')
  published = [publicJwk]
  gateway = kitOf('gateway', { sign: { privateJwk } })
  orders = kitOf('orders', { sign: { privateJwk } })
  billing = kitOf('billing')
})

/** A service of this audience in an isolate that has seen nothing yet. */
function kitOf(audience: string, own: Pick<KitConfig, 'sign'> = {}): Kit {
  const jwksService = { fetch: () => Promise.resolve(Response.json({ keys: published })) }
  const settings = { issuer: ISSUER, denylist: store, now: () => time, onEvent: () => undefined }
  return createKit({ ...settings, audience, verify: { jwksService }, ...own })
}

/** Somebody else revokes: what the services remember stays. */
const revokeElsewhere = (what: Revocation): Promise<void> => kitOf('admin').revoke(what)

interface Credential {
  readonly token: string
  /** The service that takes it. */
  readonly service: Kit
  readonly typ?: string
  /** What it was made from. */
  readonly parentJti?: string
}

const CLAIMS = { sub: 'auth0|ada', kind: 'user', auth_iat: NOW - 60, permissions: ['read:orders'] } as const
const act = { iss: ISSUER, sub: 'gateway', act: { iss: 'https://idp.test/', sub: 'agt_1' } }

async function issued(): Promise<Credential> {
  const claims = { ...CLAIMS, act }
  const token = await issueInternal(gateway, { claims, aud: 'orders', expiresAt: NOW + 900 })
  return { token, service: orders }
}

async function delegated(): Promise<Credential> {
  const { token: original } = await issued()
  const auth = await orders.checkAuth(original)
  if (!auth) throw new Error('the original is good')
  const token = await orders.delegate(auth, { aud: 'billing' })
  return { token, service: billing, parentJti: jtiOf(original) }
}

async function transaction(): Promise<Credential> {
  const request = { claims: CLAIMS, aud: 'orders', expiresAt: NOW + 300, typ: TXN }
  return { token: await issueInternal(gateway, request), service: orders, typ: TXN }
}

const jtiOf = (token: string): string => String(parse(token).payload.jti)

/** `good`, or the reason of the rejection. */
async function verdictOn({ token, service, typ }: Credential): Promise<string> {
  const result = await service.safeVerify(token, typ === undefined ? {} : { typ })
  return result.ok ? 'good' : result.reason
}

const thumbprint = (): Promise<string> => calculateJwkThumbprint(published[0] ?? {})

type Cell = [what: string, revocationOf: (credential: Credential) => Revocation | Promise<Revocation>]
const own: Cell[] = [
  ['its jti is revoked', ({ token }) => ({ jti: jtiOf(token) })],
  ['its user is revoked', () => ({ sub: 'auth0|ada' })],
  ['its key is revoked', async () => ({ thumbprint: await thumbprint() })],
]
const actors: Cell[] = [
  ['the gateway is revoked, which acts', () => ({ sub: 'gateway' })],
  ['an agent is revoked that acted before', () => ({ sub: 'agt_1' })],
]

describe.each<[name: string, make: () => Promise<Credential>, seconds: number, cells: Cell[]]>([
  ['an issued token', issued, 900, [...own, ...actors]],
  [
    'a delegated token',
    delegated,
    900,
    [...own, ...actors, ['its service is revoked', () => ({ sub: 'orders' })]],
  ],
  ['a transaction token', transaction, 300, own],
])('%s', (_, make, seconds, cells) => {
  it.each(cells)('ends when %s: at once where it was not seen', async (__, revocationOf) => {
    const credential = await make()
    await revokeElsewhere(await revocationOf(credential))
    const service = kitOf(credential.service === billing ? 'billing' : 'orders')
    expect(await verdictOn({ ...credential, service })).toBe('revoked')
  })

  it.each(cells)('ends when %s: within 30 seconds where its verdict is cached', async (__, revocationOf) => {
    const credential = await make()
    expect(await verdictOn(credential)).toBe('good')
    await revokeElsewhere(await revocationOf(credential))
    time = NOW + DENYLIST_SECONDS
    expect(await verdictOn(credential)).toBe('revoked')
  })

  it('ends within five minutes when its key is retired from the JWK Set, cached or not', async () => {
    const credential = await make()
    expect(await verdictOn(credential)).toBe('good')
    published = [(await newKey('second')).publicJwk]
    time += JWKS_SECONDS
    expect(await verdictOn(credential)).toBe('unknown_kid')
  })

  it('ends by itself, cached or not', async () => {
    const credential = await make()
    expect(await verdictOn(credential)).toBe('good')
    time = NOW + seconds + 89
    expect(await verdictOn(credential), 'within the leeway').toBe('good')
    time = NOW + seconds + 91
    expect(await verdictOn(credential)).toBe('expired')
  })
})

it('no new token of the same login lifts a revocation of its user, and a new login does', async () => {
  await revokeElsewhere({ sub: 'auth0|ada' })
  time = NOW + 120
  const again = { ...CLAIMS, act }
  const later = { aud: 'orders', expiresAt: NOW + 900 }
  const sameLogin = await issueInternal(gateway, { claims: again, ...later })
  const newLogin = await issueInternal(gateway, { claims: { ...again, auth_iat: NOW + 60 }, ...later })
  expect(await verdictOn({ token: sameLogin, service: orders })).toBe('revoked')
  expect(await verdictOn({ token: newLogin, service: orders })).toBe('good')
})

it('a delegated token outlives the revocation of the one token it was made from, and its user’s does not', async () => {
  const credential = await delegated()
  await revokeElsewhere({ jti: credential.parentJti ?? '' })
  time = NOW + DENYLIST_SECONDS
  expect(await verdictOn(credential)).toBe('good')
  await revokeElsewhere({ sub: 'auth0|ada' })
  time += DENYLIST_SECONDS
  expect(await verdictOn(credential)).toBe('revoked')
})

it('a transaction token names no actors: revoking one ends nothing of it, and five minutes do', async () => {
  const credential = await transaction()
  await revokeElsewhere({ sub: 'gateway' })
  time = NOW + DENYLIST_SECONDS
  expect(await verdictOn(credential)).toBe('good')
})
