/** The limits of the wrangler.jsonc that ships, counted by rate-limit bindings as Cloudflare's runtime has them. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoClients, demoUsers, environmentsOf, readWorkerConfig, REALM } from 'sealgate/internal'
import { type GatewayWorker, startGatewayWorker } from '../support/gateway-worker.ts'
import { exchangeOf } from '../support/system.ts'
import { workerFolder } from '../support/worker-bundle.ts'

interface Limiter {
  readonly name: string
  readonly namespace_id: string
  readonly simple: { readonly limit: number; readonly period: 10 | 60 }
}

const gateway = workerFolder('gateway')

/** By the environment of wrangler.jsonc. */
function limitersOf(env: string): readonly Limiter[] {
  return readWorkerConfig(gateway.config, env).ratelimits as readonly Limiter[]
}

const SECRET = 'a-secret-of-the-batch-client'
const shipped = limitersOf('production')
const allowed = (name: string): number => shipped.find((one) => one.name === name)?.simple.limit ?? 0

let running: GatewayWorker

beforeAll(async () => {
  const { clientId, clientSecret } = demoClients.backoffice
  running = await startGatewayWorker({
    bindings: {
      AUTH0_CLIENT_ID: clientId,
      AUTH0_CLIENT_SECRET: clientSecret,
      AUTH0_CONNECTION: REALM,
      SESSION_SECRET: randomBytes(32).toString('base64url'),
      EXCHANGE_CLIENTS: JSON.stringify({ batch: createHash('sha256').update(SECRET).digest('hex') }),
      CLIENTS: JSON.stringify({ batch: { audiences: ['reports'] } }),
      EXCHANGE_PUBLIC: 'true',
      ROUTES: '[]',
    },
    worker: { ratelimits: Object.fromEntries(shipped.map(({ name, ...limiter }) => [name, limiter])) },
  })
})
afterAll(() => running.close())

type Send = (path: string, init: RequestInit) => Promise<number>

let addresses = 0

/**
 * How many of so many requests from one new address are let through. A window of the binding begins with the minute of
 * the clock: when one begins in between, all starts anew.
 */
async function passing(count: number, send: (to: Send) => Promise<number>): Promise<number> {
  const address = `2001:db8:0:${(++addresses).toString(16)}::1`
  const to: Send = async (path, { headers, ...init }) => {
    const all = { ...(headers as Record<string, string> | undefined), 'X-Real-IP': address }
    const response = await fetch(new URL(path, running.url), { ...init, headers: all, redirect: 'manual' })
    await response.body?.cancel()
    return response.status
  }
  const minute = (): number => Math.floor(Date.now() / 60_000)
  const started = minute()
  let passed = 0
  for (let sent = 0; sent < count; sent++) passed += (await send(to)) === 429 ? 0 : 1
  return minute() === started ? passed : passing(count, send)
}

/** A subject of its own for each exchange, so that the address and the client are what counts. */
async function exchange(to: Send, credentials: Readonly<Record<string, string>> = {}): Promise<number> {
  const subject = running.tenant.control.issue({ sub: `auth0|${randomBytes(8).toString('hex')}` })
  const body = new URLSearchParams({ ...exchangeOf(subject), ...credentials })
  return to('/oauth/token', { method: 'POST', body })
}

const batch = { client_id: 'batch', client_secret: SECRET }

describe('in a minute, from one address', () => {
  it('callers without credentials exchange as often as RATE_LIMITER says', async () => {
    expect(allowed('RATE_LIMITER')).toBe(60)
    expect(await passing(63, (to) => exchange(to))).toBe(60)
  })

  it('a client exchanges more often than anybody else may', async () => {
    expect(allowed('RATE_LIMITER_CLIENTS')).toBeGreaterThanOrEqual(1000)
    expect(await passing(100, (to) => exchange(to, batch))).toBe(100)
  })

  it('a client speaks for one user more often than that user may', async () => {
    const subject = running.tenant.control.issue({ sub: 'auth0|one' })
    const body = new URLSearchParams({ ...exchangeOf(subject), ...batch })
    expect(await passing(70, (to) => to('/oauth/token', { method: 'POST', body }))).toBe(70)
  })

  it('passwords are tried as often as RATE_LIMITER_PASSWORD says, logins begun as often as RATE_LIMITER_LOGIN', async () => {
    expect(allowed('RATE_LIMITER_PASSWORD')).toBe(10)
    const json = { 'Content-Type': 'application/json' }
    let tried = 0
    const guess = (to: Send): Promise<number> => {
      const body = JSON.stringify({ username: `nobody-${tried++}@example.test`, password: 'x' })
      return to('/oauth/token', { method: 'POST', headers: json, body })
    }
    expect(await passing(12, guess)).toBe(10)
    expect(allowed('RATE_LIMITER_LOGIN')).toBe(30)
    expect(await passing(32, (to) => to('/auth/login', {}))).toBe(30)
  })

  it('a password of one user is tried no more often from many addresses', async () => {
    const { email } = demoUsers.bob
    let host = 0
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ username: email, password: 'x' })
    const passed = await passing(12, async () => {
      const from = { ...headers, 'X-Real-IP': `198.51.100.${++host}` }
      const response = await fetch(new URL('/oauth/token', running.url), {
        method: 'POST',
        headers: from,
        body,
      })
      await response.body?.cancel()
      return response.status
    })
    expect(passed).toBeLessThanOrEqual(10)
  })
})

describe('what ships', () => {
  it.each(environmentsOf(gateway))('has every limiter in the environment %s', (env) => {
    expect(limitersOf(env).map(({ name }) => name)).toEqual([
      'RATE_LIMITER',
      'RATE_LIMITER_PASSWORD',
      'RATE_LIMITER_LOGIN',
      'RATE_LIMITER_CLIENTS',
    ])
  })

  it('counts nothing twice: each limiter has a number of its own', () => {
    const ids = environmentsOf(gateway).flatMap((env) => limitersOf(env).map((one) => one.namespace_id))
    expect(ids.length).toBeGreaterThan(8)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
