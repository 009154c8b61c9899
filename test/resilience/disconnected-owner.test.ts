import { setTimeout as sleep } from 'node:timers/promises'
import { createTestIssuer, type TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Isolate, startIsolate } from '../support/resilience/isolate.ts'

let issuer: TestIssuer
let isolate: Isolate | undefined

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
})
afterEach(async () => {
  await isolate?.close()
})

/** Starts a Worker whose JWKS takes a while, and counts how often it is asked. */
async function start(worker: string, runtime: 'workerd' | 'default', delayMs: number) {
  const service = { fetches: 0 }
  isolate = await startIsolate({
    worker,
    runtime,
    bindings: { JWT_ISS: issuer.env.JWT_ISS, JWT_AUD: 'reports', JWT_JWKS_SERVICE_NAME: 'KEYS' },
    keys: async () => {
      service.fetches++
      await sleep(delayMs)
      return { body: await (await issuer.binding.fetch('https://jwks.internal/')).text() }
    },
  })
  return { isolate, service }
}

describe('the client whose request fetches the JWKS disconnects while others wait for it', () => {
  it('hangs whoever waits, where a cache shares the bare promise', async () => {
    const { isolate } = await start('naive', 'workerd', 1500)
    const owner = isolate.get('', 400)
    await sleep(200)
    // Longer than the 6 s after which the kit's own waiters give up.
    const waiter = isolate.get('', undefined, 9000)
    expect(await owner).toBe('aborted')
    expect(await waiter).toBe('no response')
  })

  it('is survived by the kit: the others get the very fetch that was under way', async () => {
    const { isolate, service } = await start('verify', 'workerd', 1500)
    const token = await issuer.token()
    const owner = isolate.get(token, 400)
    await sleep(200)
    const waiters = [isolate.get(token), isolate.get(token)]
    expect(await owner).toBe('aborted')
    for (const answer of await Promise.all(waiters)) expect(answer).toEqual({ status: 200, text: 'granted' })
    expect(service.fetches).toBe(1)
    expect(await isolate.get(token)).toEqual({ status: 200, text: 'granted' })
  })

  it('is survived where a bundler left waitUntil out: nothing pending is shared', async () => {
    const { isolate, service } = await start('verify', 'default', 800)
    const token = await issuer.token()
    const owner = isolate.get(token, 400)
    await sleep(200)
    const waiters = [isolate.get(token), isolate.get(token)]
    expect(await owner).toBe('aborted')
    for (const answer of await Promise.all(waiters)) expect(answer).toEqual({ status: 200, text: 'granted' })
    expect(service.fetches).toBe(3)
  })
})

describe('a cold herd', () => {
  it('of 500 requests makes one fetch', async () => {
    const { isolate, service } = await start('verify', 'workerd', 300)
    const token = await issuer.token()
    const answers = await Promise.all(Array.from({ length: 500 }, () => isolate.get(token)))
    expect(answers.every((answer) => typeof answer === 'object' && answer.status === 200)).toBe(true)
    expect(service.fetches).toBe(1)
  })

  it('of 1,000 unknown kids makes two fetches, and good tokens pass beside it', async () => {
    const { isolate, service } = await start('verify', 'workerd', 100)
    const stranger = await createTestIssuer({ audience: 'reports' })
    await stranger.rotate()
    const good = await issuer.token()
    const unknown = await Promise.all(
      Array.from({ length: 20 }, async () => {
        await stranger.rotate()
        return stranger.token()
      }),
    )
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => isolate.get(unknown[index % unknown.length] ?? '')),
    )
    expect(answers.every((answer) => typeof answer === 'object' && answer.text === 'unknown_kid')).toBe(true)
    expect(await isolate.get(good)).toEqual({ status: 200, text: 'granted' })
    expect(service.fetches).toBeLessThanOrEqual(2)
  })
})
