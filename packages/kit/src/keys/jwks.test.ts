import { beforeAll, describe, expect, it } from 'vitest'
import { KeysUnavailableError, TokenError } from '../errors.ts'
import type { KitEvent } from '../events.ts'
import { serviceLoader, urlLoader } from './fetch-jwks.ts'
import { JwksSource, type JwksSourceOptions } from './jwks.ts'

interface TestJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly kid: string
  readonly [name: string]: unknown
}

let one: TestJwk
let two: TestJwk
let three: TestJwk

async function publicJwk(kid: string): Promise<TestJwk> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('publicKey' in pair)) throw new Error('no pair')
  const { x } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as { x?: string }
  return { kty: 'OKP', crv: 'Ed25519', x: x ?? '', kid, alg: 'EdDSA', use: 'sig' }
}

beforeAll(async () => {
  ;[one, two, three] = await Promise.all([publicJwk('one'), publicJwk('two'), publicJwk('three')])
})

/** A source over a JWKS that tests change, with a clock that tests move. */
function cache(options: Partial<JwksSourceOptions> = {}) {
  const background: Promise<unknown>[] = []
  const world = {
    time: 10_000,
    body: { keys: [one, two] } as unknown,
    answer: undefined as (() => Promise<Response>) | undefined,
    fetches: 0,
    forced: 0,
    events: [] as KitEvent[],
    /** Waits for what runs under `waitUntil`. */
    settle: () => Promise.all(background),
  }
  const source = new JwksSource({
    kind: 'service',
    load: serviceLoader({
      fetch: (_url, init) => {
        world.fetches++
        if (new Headers(init?.headers).get('Cache-Control') === 'no-cache') world.forced++
        return world.answer?.() ?? Promise.resolve(Response.json(world.body))
      },
    }),
    ttlSeconds: 300,
    maxStaleSeconds: 900,
    cooldownSeconds: 30,
    now: () => world.time,
    onEvent: (event) => void world.events.push(event),
    keepAlive: (promise) => void background.push(promise),
    random: () => 1,
    ...options,
  })
  const find = async (kid: string | undefined) => source.find(kid)
  return { source, world, find }
}

const unavailable = { code: 'ERR_KEYS_UNAVAILABLE', status: 503 }
const down = () => Promise.resolve(new Response('a page of HTML', { status: 500 }))

describe('freshness', () => {
  it('is five minutes: no second fetch, and no waiting', async () => {
    const { source, world, find } = cache()
    await find('one')
    world.time += 269
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect(world.fetches).toBe(1)
  })

  it('is renewed in the background in its last 30 seconds', async () => {
    const { source, world, find } = cache()
    await find('one')
    world.time += 271
    world.body = { keys: [two, three] }
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    await world.settle()
    expect(world.fetches).toBe(2)
    expect((await find('three')).map(({ kid }) => kid)).toEqual(['three'])
  })

  it('is renewed in its last tenth where it is short', async () => {
    const { world, find } = cache({ ttlSeconds: 60 })
    await find('one')
    world.time += 53
    await find('one')
    expect(world.fetches).toBe(1)
    world.time += 2
    await find('one')
    expect(world.fetches).toBe(2)
  })

  it('that has ended is waited for, so that a withdrawn key verifies no longer', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 300
    world.body = { keys: [two] }
    await expect(find('one')).rejects.toMatchObject({ reason: 'unknown_kid' })
  })
})

describe('an unknown kid', () => {
  it('asks again at once, past HTTP caches', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 1
    world.body = { keys: [one, three] }
    expect((await find('three')).length).toBe(1)
    expect([world.fetches, world.forced]).toEqual([2, 1])
  })

  it('asks once in 30 seconds, whatever arrives', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 1
    for (let index = 0; index < 1000; index++) {
      await expect(find(`random-${index}`)).rejects.toMatchObject({ reason: 'unknown_kid' })
    }
    expect(world.fetches).toBe(2)
    world.time += 30
    await expect(find('another')).rejects.toThrow(TokenError)
    expect(world.fetches).toBe(3)
  })

  it('is not asked for twice by the request that has just loaded the set', async () => {
    const { world, find } = cache()
    await expect(find('three')).rejects.toMatchObject({ reason: 'unknown_kid' })
    expect(world.fetches).toBe(1)
  })

  it('says nothing about the token while fetches fail: 503, not 401', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 1
    world.answer = down
    await expect(find('three')).rejects.toMatchObject(unavailable)
    await expect(find('four')).rejects.toMatchObject(unavailable)
    expect((await find('one')).length).toBe(1)
  })

  it('needs no fetch when there is none', () => {
    const { source, world } = cache()
    expect(() => source.find(undefined)).toThrow(expect.objectContaining({ reason: 'missing_kid' }))
    expect(world.fetches).toBe(0)
  })
})

describe('an outage', () => {
  it('is served from the last good set for 900 seconds past freshness, and then is one', async () => {
    const { world, find } = cache()
    await find('one')
    world.answer = down
    for (const age of [300, 600, 1199]) {
      world.time = 10_000 + age
      expect((await find('one')).length).toBe(1)
      await world.settle()
    }
    world.time = 10_000 + 1200
    await expect(find('one')).rejects.toMatchObject(unavailable)
  })

  it('is asked about after 1, 2, 4 … at most 60 seconds', async () => {
    const { world, find } = cache()
    world.answer = down
    const pauses: number[] = []
    for (let tries = 0; tries < 9; tries++) {
      await expect(find('one')).rejects.toMatchObject(unavailable)
      const last = world.events.at(-1)
      const pause = last?.type === 'jwks_failed' ? last.retryInSeconds : 0
      pauses.push(pause)
      const { fetches } = world
      world.time += pause - 0.5
      await expect(find('one')).rejects.toMatchObject(unavailable)
      expect(world.fetches).toBe(fetches)
      world.time += 0.5
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('ends with the next good answer', async () => {
    const { source, world, find } = cache()
    world.answer = down
    await expect(find('one')).rejects.toThrow(KeysUnavailableError)
    expect(source.describe()).toMatchObject({ state: 'empty', problem: 'the JWKS was answered with 500' })
    world.answer = undefined
    world.time += 1
    expect((await find('one')).length).toBe(1)
    expect(source.describe()).toEqual({
      kind: 'service',
      kids: ['one', 'two'],
      state: 'fresh',
      ageSeconds: 0,
    })
  })
})

describe('odd answers', () => {
  const odd: [what: string, problem: RegExp, answer: () => Response][] = [
    ['HTML', /not a JSON object/, () => new Response('<html>secret</html>')],
    ['an array', /not a JSON object/, () => Response.json([])],
    ['no keys', /no keys array/, () => Response.json({})],
    ['65 keys', /more than 64/, () => Response.json({ keys: Array.from({ length: 65 }, () => ({})) })],
    ['64 KiB and more', /larger than 65536/, () => new Response('x'.repeat(65_537))],
    [
      'a redirect',
      /redirect/,
      () => new Response(null, { status: 302, headers: { Location: 'https://evil.example' } }),
    ],
    ['404, with the likely cause', /"entrypoint": "Keys"/, () => new Response('', { status: 404 })],
    [
      'a set without a usable key',
      /no usable key/,
      () => Response.json({ keys: [{ kty: 'RSA', kid: 'one' }] }),
    ],
    ['UTF-16', /not a JSON object/, () => new Response(new Uint8Array([0xff, 0xfe, 0x7b, 0x00]))],
  ]
  it.each(odd)('%s: a failed fetch, and no word of the body', async (_, problem, answer) => {
    const { world, find } = cache()
    world.answer = () => Promise.resolve(answer())
    const error: unknown = await find('one').catch((reason: unknown) => reason)
    expect(error).toMatchObject(unavailable)
    expect(String(error)).toMatch(problem)
    expect(String(error)).not.toContain('secret')
  })

  it('an endless body: read to the limit and no further', async () => {
    const { world, find } = cache()
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 8192
        controller.enqueue(new Uint8Array(8192))
      },
    })
    world.answer = () => Promise.resolve(new Response(endless))
    await expect(find('one')).rejects.toThrow(/larger than/)
    expect(sent).toBeLessThan(200_000)
  })

  it('an empty set is adopted: nothing verifies, and nothing stale', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 300
    world.body = { keys: [] }
    await expect(find('one')).rejects.toMatchObject(unavailable)
    await expect(find('one')).rejects.toThrow(/empty/)
  })

  it('unusable keys are skipped and reported; the rest serve', async () => {
    const { world, find } = cache()
    const bad: [kid: string, jwk: object][] = [
      ['rsa', { kty: 'RSA', kid: 'rsa', n: 'AQAB', e: 'AQAB' }],
      ['oct', { kty: 'oct', kid: 'oct', k: 'AAAA' }],
      ['private', { ...two, kid: 'private', d: two.x }],
      ['padded', { ...two, kid: 'padded', x: `${two.x}=` }],
      ['zero', { ...two, kid: 'zero', x: 'A'.repeat(43) }],
      ['enc', { ...two, kid: 'enc', use: 'enc' }],
    ]
    world.body = { keys: [...bad.map(([, jwk]) => jwk), one] }
    expect((await find('one')).length).toBe(1)
    const skipped = world.events.flatMap((event) => (event.type === 'key_skipped' ? [event.kid] : []))
    expect(skipped).toEqual(bad.map(([kid]) => kid))
  })

  it('two keys under one kid: neither is used', async () => {
    const { world, find } = cache()
    world.body = { keys: [one, { ...two, kid: 'one' }, three] }
    await expect(find('one')).rejects.toMatchObject({ reason: 'unknown_kid' })
    expect((await find('three')).length).toBe(1)
  })

  it('a key that did not change keeps its object; one that did does not', async () => {
    const { world, find } = cache()
    const before = [...(await find('one')), ...(await find('two'))]
    world.time += 300
    world.body = { keys: [one, { ...three, kid: 'two' }] }
    const after = [...(await find('one')), ...(await find('two'))]
    expect(after[0]).toBe(before[0])
    expect(after[1]).not.toBe(before[1])
  })
})

describe('single flight', () => {
  /** A JWKS whose answers come when the test says so. */
  function manual(options: Partial<JwksSourceOptions> = {}) {
    const made = cache(options)
    const answers: ((body: unknown) => void)[] = []
    made.world.answer = () => new Promise((resolve) => answers.push((body) => resolve(Response.json(body))))
    return { ...made, answers }
  }
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

  it('lets a cold herd share one fetch', async () => {
    const { world, find, answers } = manual()
    const herd = Array.from({ length: 500 }, () => find('one'))
    await turn()
    answers[0]?.({ keys: [one] })
    expect((await Promise.all(herd)).every((keys) => keys.length === 1)).toBe(true)
    expect(world.fetches).toBe(1)
  })

  it('lets requests with a new kid wait for the fetch that the first of them started', async () => {
    const { world, find, answers } = manual()
    const cold = find('one')
    await turn()
    answers[0]?.({ keys: [one] })
    await cold
    world.time += 1
    const herd = [find('two'), find('two'), find('two')]
    await turn()
    answers[1]?.({ keys: [one, two] })
    expect((await Promise.all(herd)).every((keys) => keys.length === 1)).toBe(true)
    expect(world.fetches).toBe(2)
  })

  it('shares nothing pending where nothing can be kept alive', async () => {
    const { world, find, answers } = manual({ keepAlive: undefined })
    const both = [find('one'), find('one')]
    await turn()
    for (const answer of answers) answer({ keys: [one] })
    await Promise.all(both)
    expect(world.fetches).toBe(2)
  })

  it('gives each waiter a deadline; the first that is out of patience fetches anew, the others join it', async () => {
    const { world, find, answers } = manual({ waiterDeadlineMs: 30, loadTimeoutMs: 10_000 })
    const hung = find('one').catch(() => 'hung')
    const waiters = [find('one'), find('one'), find('one')]
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(world.fetches).toBe(2)
    answers[1]?.({ keys: [one] })
    expect((await Promise.all(waiters)).every((keys) => keys.length === 1)).toBe(true)
    answers[0]?.({ keys: [one] })
    await hung
  })

  it('takes the answer of what started last, not of what finished last', async () => {
    const { find, answers } = manual({ keepAlive: undefined })
    const first = find('one')
    const second = find('one')
    await turn()
    answers[1]?.({ keys: [one, two] })
    await second
    answers[0]?.({ keys: [one, three] })
    await first
    expect((await find('two')).length).toBe(1)
  })

  it('gives up on a fetch that never answers', async () => {
    const { find } = manual({ loadTimeoutMs: 20 })
    await expect(find('one')).rejects.toThrow(/no answer within/)
  })
})

describe('urlLoader', () => {
  it('does not follow redirects, and sends no credentials', async () => {
    let seen: RequestInit | undefined
    const load = urlLoader('https://keys.example/jwks', (_input, init) => {
      seen = init
      return Promise.resolve(Response.json({ keys: [] }))
    })
    await load(false, new AbortController().signal)
    expect(seen?.redirect).toBe('manual')
    expect(new Headers(seen?.headers).has('Authorization')).toBe(false)
  })
})
