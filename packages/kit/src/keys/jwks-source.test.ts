import { beforeAll, describe, expect, it } from 'vitest'
import { KeysUnavailableError, TokenError } from '../errors.ts'
import type { KitEvent } from '../primitives/events.ts'
import { serviceLoader, urlLoader } from './fetch-jwks.ts'
import { JwksCache, JwksSource, type JwksSourceOptions } from './jwks-source.ts'
import type { SetKey } from './key-set.ts'

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
    source: 'service',
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

/** A JWKS whose answers come when the test says so. */
function manual(options: Partial<JwksSourceOptions> = {}) {
  const made = cache(options)
  const answers: ((body: unknown) => void)[] = []
  made.world.answer = () => new Promise((resolve) => answers.push((body) => resolve(Response.json(body))))
  return { ...made, answers }
}
/** As {@link manual}, once its set is there. */
async function loaded(options: Partial<JwksSourceOptions> = {}) {
  const made = manual(options)
  const first = made.find('one')
  await turn()
  made.answers.shift()?.({ keys: [one, two] })
  await first
  return made
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

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
    world.time += 270
    world.body = { keys: [two, three] }
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    await world.settle()
    expect(world.fetches).toBe(2)
    expect((await find('three')).map(({ kid }) => kid)).toEqual(['three'])
  })

  it('is renewed at a time of its own in each isolate: 15 to 30 seconds before its end', async () => {
    const { world, find } = cache({ random: () => 0 })
    await find('one')
    world.time += 284
    await find('one')
    expect(world.fetches).toBe(1)
    world.time += 1
    await find('one')
    expect(world.fetches).toBe(2)
  })

  it('is renewed by one fetch, through HTTP caches, that nobody waits for', async () => {
    const { source, world, answers } = await loaded()
    world.time += 270
    for (let index = 0; index < 100; index++) expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect([world.fetches, world.forced]).toEqual([2, 0])
    answers[0]?.({ keys: [one] })
    await world.settle()
    expect(source.describe()).toMatchObject({ kids: ['one'], ageSeconds: 0 })
  })

  it('is renewed anew when the fetch has not come back in 6 seconds', async () => {
    const { source, world } = await loaded()
    const fetchesAt = (age: number): number => {
      world.time = 10_000 + age
      expect(source.find('one')).not.toBeInstanceOf(Promise)
      return world.fetches
    }
    expect([270, 275.9, 276, 276].map(fetchesAt)).toEqual([2, 2, 3, 3])
  })

  it('goes on when its renewal fails, which is tried again after the pause', async () => {
    const { source, world, find } = cache()
    await find('one')
    world.answer = down
    const fetchesAt = async (age: number): Promise<number> => {
      world.time = 10_000 + age
      expect(source.find('one')).not.toBeInstanceOf(Promise)
      await world.settle()
      return world.fetches
    }
    expect(await fetchesAt(270)).toBe(2)
    expect(await fetchesAt(270.9)).toBe(2)
    expect(await fetchesAt(271)).toBe(3)
  })

  it('is used to its end, and no fetch begun, where nothing outlives a request', async () => {
    const { source, world, find } = cache({ keepAlive: undefined })
    await find('one')
    world.time += 299
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect(world.fetches).toBe(1)
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

  /** The HTTP cache of a URL still has the set from before `three`. */
  const cached = (answer: (isForced: boolean) => Promise<Response>): Partial<JwksSourceOptions> => ({
    source: 'url',
    load: urlLoader('https://gateway.test/jwks', (_url, init) =>
      answer(new Headers(init?.headers).get('Cache-Control') === 'no-cache'),
    ),
  })
  const setOf = (isForced: boolean): Response => Response.json({ keys: isForced ? [one, three] : [one, two] })

  it('is requested past the HTTP cache that answered the first fetch', async () => {
    const { find } = cache(cached((isForced) => Promise.resolve(setOf(isForced))))
    expect((await find('three')).length).toBe(1)
  })

  it('does not wait for an early refresh, which an HTTP cache may answer', async () => {
    let endRefresh: (() => void) | undefined
    let asked = 0
    const { source, world, find } = cache(
      cached((isForced) => {
        asked++
        if (isForced || asked === 1) return Promise.resolve(setOf(isForced))
        return new Promise((resolve) => (endRefresh = () => resolve(setOf(false))))
      }),
    )
    await find('one')
    world.time += 270
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect((await find('three')).length).toBe(1)
    endRefresh?.()
    await world.settle()
    expect((await find('three')).length, 'the older answer came last').toBe(1)
    expect(asked).toBe(3)
  })

  it('asks once in 30 seconds, whatever arrives', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 1
    for (let index = 0; index < 1000; index++) {
      world.time = 10_001 + index * 0.0299
      await expect(find(`random-${index}`)).rejects.toMatchObject({ reason: 'unknown_kid' })
    }
    expect(world.fetches).toBe(2)
    world.time = 10_031
    await expect(find('another')).rejects.toThrow(TokenError)
    expect(world.fetches).toBe(3)
  })

  it('is not requested twice by the request that has just loaded the set', async () => {
    const { world, find } = cache()
    await expect(find('three')).rejects.toMatchObject({ reason: 'unknown_kid' })
    expect(world.fetches).toBe(1)
  })

  it('is remembered for 30 seconds from when a fetch did not bring it', async () => {
    const { world, find } = cache()
    const fetchesAt = async (age: number): Promise<number> => {
      world.time = 10_000 + age
      await expect(find('three')).rejects.toMatchObject({
        reason: 'unknown_kid',
        detail: 'no key has this kid',
      })
      return world.fetches
    }
    expect(await fetchesAt(0)).toBe(1)
    expect(await fetchesAt(15)).toBe(1)
    expect(await fetchesAt(29.9)).toBe(1)
    expect(await fetchesAt(30)).toBe(2)
  })

  it('is rejected at once while it is remembered, even if a fetch is under way', async () => {
    const { source, world, find, answers } = await loaded({ ttlSeconds: 20 })
    world.time += 1
    const absent = find('three').catch(() => 'rejected')
    await turn()
    answers[0]?.({ keys: [one] })
    expect(await absent).toBe('rejected')
    world.time += 18
    void source.find('one')
    expect(world.fetches).toBe(3)
    await expect(find('three')).rejects.toMatchObject({ reason: 'unknown_kid' })
    const never = find('four').catch(() => 'rejected')
    expect(await Promise.race([never, turn()])).not.toBe('rejected')
  })

  it.each([
    ['255 others', 255, 1],
    ['256 others, which displace it', 256, 2],
  ])('is remembered beside %s', async (_, others, fetches) => {
    const { world, find } = cache()
    const reject = (kid: string) => expect(find(kid)).rejects.toMatchObject({ reason: 'unknown_kid' })
    await reject('three')
    for (let index = 0; index < others; index++) await reject(`other-${index}`)
    world.time += 1
    await reject('three')
    expect(world.fetches).toBe(fetches)
  })

  it('is remembered as the newest when it comes again', async () => {
    const { world, find } = cache()
    const reject = (kid: string) => expect(find(kid)).rejects.toMatchObject({ reason: 'unknown_kid' })
    await reject('three')
    for (let index = 0; index < 255; index++) await reject(`other-${index}`)
    await reject('three')
    await reject('one more')
    world.time += 1
    await reject('three')
    expect(world.fetches).toBe(1)
    await reject('other-0')
    expect(world.fetches).toBe(2)
  })

  it('cools down from the fetch on, not from those who joined it', async () => {
    const { world, find, answers } = await loaded()
    world.time += 1
    const herd = [find('three').catch(() => undefined)]
    world.time += 3
    herd.push(find('four').catch(() => undefined))
    await turn()
    answers[0]?.({ keys: [one] })
    await Promise.all(herd)
    expect(world.fetches).toBe(2)
    world.time = 10_030.9
    await expect(find('five')).rejects.toMatchObject({ reason: 'unknown_kid' })
    expect(world.fetches).toBe(2)
    world.time = 10_031
    void find('five').catch(() => undefined)
    await turn()
    expect(world.fetches).toBe(3)
  })

  it('says nothing about the token while fetches fail: 503, not 401', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 1
    world.answer = down
    await expect(find('three')).rejects.toMatchObject({
      ...unavailable,
      message: 'the keys could not be loaded: the JWKS request got 500',
      retryAfterSeconds: 1,
    })
    world.time += 10
    await expect(find('four')).rejects.toMatchObject({
      ...unavailable,
      message: 'no key has this kid, and the last fetch of the JWKS failed',
      retryAfterSeconds: 20,
    })
    expect((await find('one')).length).toBe(1)
  })

  it('is one again, 401, once a fetch has gone well', async () => {
    const { world, find } = cache()
    await find('one')
    world.time += 1
    world.answer = down
    await expect(find('three')).rejects.toMatchObject(unavailable)
    world.answer = undefined
    world.time += 30
    await expect(find('three')).rejects.toMatchObject({ reason: 'unknown_kid' })
  })

  it('needs no fetch when there is none', () => {
    const { source, world } = cache()
    expect(() => source.find(undefined)).toThrow(
      expect.objectContaining({ reason: 'missing_kid', detail: 'the header has no kid' }),
    )
    expect(world.fetches).toBe(0)
  })
})

describe('an outage', () => {
  it('is served from the last good set for 900 seconds past freshness, and then is one', async () => {
    const { source, world, find } = cache()
    await find('one')
    world.answer = down
    for (const age of [300, 600, 1199]) {
      world.time = 10_000 + age
      expect((await find('one')).length).toBe(1)
      await world.settle()
      expect(source.find('one')).toHaveLength(1)
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
      const pause = last?.event === 'jwks_failed' ? last.retry_in_seconds : 0
      pauses.push(pause)
      const { fetches } = world
      world.time += pause - 0.5
      await expect(find('one')).rejects.toMatchObject(unavailable)
      expect(world.fetches).toBe(fetches)
      world.time += 0.5
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('holds nobody up: one waits when it begins, then fetches run in the background', async () => {
    const { source, world, find } = cache()
    await find('one')
    world.answer = down
    world.time += 300
    const first = source.find('one')
    expect(first).toBeInstanceOf(Promise)
    expect((await first).length).toBe(1)
    expect(world.fetches).toBe(2)
    world.time += 0.9
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect(world.fetches).toBe(2)
    world.time += 0.1
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    expect(world.fetches).toBe(3)
  })

  it('costs a wait for each try where nothing outlives a request, and serves the last good set still', async () => {
    const { source, world, find } = cache({ keepAlive: undefined })
    await find('one')
    world.answer = down
    world.time += 300
    await find('one')
    expect(source.find('one')).not.toBeInstanceOf(Promise)
    world.time += 1
    const waited = source.find('one')
    expect(waited).toBeInstanceOf(Promise)
    expect((await waited).length).toBe(1)
    expect(world.fetches).toBe(3)
  })

  it('that has outlasted the last good set costs one fetch in each pause', async () => {
    const { source, world, find } = cache()
    await find('one')
    world.answer = down
    world.time += 1200
    await expect(find('one')).rejects.toMatchObject({ ...unavailable, retryAfterSeconds: 1 })
    expect(() => source.find('one')).toThrow(/the keys could not be loaded: the JWKS request got 500/)
    expect(world.fetches).toBe(2)
  })

  it.each([
    [299, 'fresh'],
    [300, 'stale'],
    [1199, 'stale'],
    [1200, 'expired'],
  ])('leaves a set of %i seconds %s', async (age, state) => {
    const { source, world, find } = cache()
    await find('one')
    world.time += age
    expect(source.describe()).toMatchObject({ state, ageSeconds: age, kids: ['one', 'two'] })
  })

  it('is reported at each failed fetch, and so is each good one', async () => {
    const { world, find } = cache()
    await find('one')
    world.answer = down
    world.time += 300
    await find('one')
    expect(world.events).toEqual([
      { event: 'jwks_refreshed', level: 'debug', keys: 2 },
      { event: 'jwks_failed', level: 'error', detail: 'the JWKS request got 500', retry_in_seconds: 1 },
    ])
  })

  it('ends with the next good answer', async () => {
    const { source, world, find } = cache()
    world.answer = down
    await expect(find('one')).rejects.toThrow(KeysUnavailableError)
    expect(source.describe()).toStrictEqual({
      source: 'service',
      kids: [],
      state: 'empty',
      problem: 'the JWKS request got 500',
    })
    world.answer = undefined
    world.time += 1
    expect((await find('one')).length).toBe(1)
    expect(source.describe()).toStrictEqual({
      source: 'service',
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
    ...[300, 302, 399].map((status): (typeof odd)[number] => [
      `a redirect (${status})`,
      /request got a redirect/,
      () => new Response(null, { status, headers: { Location: 'https://evil.example' } }),
    ]),
    ['202', /request got 202/, () => Response.json({ keys: [one] }, { status: 202 })],
    ['400', /request got 400/, () => new Response('secret', { status: 400 })],
    ['nothing', /not a JSON object/, () => new Response(null)],
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

  it('64 keys: as many as may be', async () => {
    const { source, world, find } = cache()
    world.body = { keys: Array.from({ length: 64 }, (_, index) => ({ ...one, kid: `key-${index}` })) }
    await find('key-0')
    expect(source.describe().kids.length).toBe(64)
  })

  it('64 KiB in many pieces: as much as may be', async () => {
    const { world, find } = cache()
    const bytes = new TextEncoder().encode(JSON.stringify({ keys: [one] }).padEnd(65_536))
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 100) controller.enqueue(bytes.slice(at, at + 100))
        controller.close()
      },
    })
    world.answer = () => Promise.resolve(new Response(pieces))
    expect((await find('one')).length).toBe(1)
  })

  it('a response that is no use: its body is given up, so that it holds no connection', async () => {
    for (const status of [404, 500]) {
      const { world, find } = cache()
      let isGivenUp = false
      const body = new ReadableStream({
        cancel() {
          isGivenUp = true
          throw new Error('whatever')
        },
      })
      world.answer = () => Promise.resolve(new Response(body, { status }))
      await expect(find('one')).rejects.toThrow(String(status))
      expect(isGivenUp).toBe(true)
    }
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
    for (const kid of ['one', 'three']) {
      await expect(find(kid)).rejects.toMatchObject({
        ...unavailable,
        message: 'the JWKS is empty: nothing verifies',
      })
    }
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
    const skipped = world.events.flatMap((event) => (event.event === 'key_skipped' ? [event.kid] : []))
    expect(skipped).toEqual(bad.map(([kid]) => kid))
  })

  it('two keys under one kid: neither is used', async () => {
    const { world, find } = cache()
    world.body = { keys: [one, { ...two, kid: 'one' }, three] }
    await expect(find('one')).rejects.toMatchObject({ reason: 'unknown_kid' })
    expect((await find('three')).length).toBe(1)
    const detail = 'several keys have this kid: none of them is used'
    const event = { event: 'key_skipped', level: 'error', kid: 'one', detail }
    expect(world.events.filter((one) => one.event === 'key_skipped')).toEqual([event, event])
  })

  it('two keys under one kid and no other key: a failed fetch that says why', async () => {
    const { world, find } = cache()
    world.body = { keys: [one, { ...two, kid: 'one' }] }
    await expect(find('one')).rejects.toThrow(/the JWKS has no usable key: several keys have this kid/)
  })

  it('two keys under one kid for different algorithms: both are candidates', async () => {
    const kinds = new JwksCache<SetKey>(
      {
        source: 'url',
        load: () => Promise.resolve({ keys: ['RS256', 'ES256'] }),
        ttlSeconds: 300,
        maxStaleSeconds: 900,
        cooldownSeconds: 30,
        now: () => 10_000,
        onEvent: () => undefined,
      },
      (alg) => ({ ok: true, key: { kid: 'one', algs: [String(alg)], material: String(alg) } }),
    )
    expect((await kinds.find('one')).flatMap(({ algs }) => algs)).toEqual(['RS256', 'ES256'])
    expect(kinds.describe()).toMatchObject({ source: 'url', kids: ['one'] })
  })

  it('a key without a kid is passed over, and no empty kid finds it', async () => {
    const events: KitEvent[] = []
    const kinds = new JwksCache<SetKey>(
      {
        source: 'service',
        load: () => Promise.resolve({ keys: [undefined, 'one'] }),
        ttlSeconds: 300,
        maxStaleSeconds: 900,
        cooldownSeconds: 30,
        now: () => 10_000,
        onEvent: (event) => void events.push(event),
      },
      (kid) => ({
        ok: true,
        key: { kid: typeof kid === 'string' ? kid : undefined, algs: ['RS256'], material: '' },
      }),
    )
    expect((await kinds.find('one')).length).toBe(1)
    await expect((async () => kinds.find(''))()).rejects.toMatchObject({ reason: 'unknown_kid' })
    expect(events).toContainEqual(expect.objectContaining({ event: 'key_skipped', detail: 'it has no kid' }))
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

  it('takes the response of what started last, not of what finished last', async () => {
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

  it('goes on with a fetch that was started in place of a slow one, when the slow one answers', async () => {
    const { source, world, find, answers } = await loaded()
    world.time += 270
    void source.find('one')
    world.time += 6
    void source.find('one')
    answers[0]?.({ keys: [one, two] })
    await turn()
    const joined = find('three')
    await turn()
    expect(world.fetches).toBe(3)
    answers[1]?.({ keys: [three] })
    expect((await joined).length).toBe(1)
  })

  it('does not hold a failure against a set whose fetch started later', async () => {
    const { source, world, find } = cache({ keepAlive: undefined })
    let fail: () => void = () => undefined
    world.answer = () => new Promise((_, reject) => (fail = () => reject(new Error('connection lost'))))
    const first = find('one')
    await turn()
    world.answer = undefined
    await find('one')
    fail()
    expect((await first).length).toBe(1)
    expect(source.describe()).toStrictEqual({
      source: 'service',
      kids: ['one', 'two'],
      state: 'fresh',
      ageSeconds: 0,
    })
    expect(world.events).toMatchObject([{ event: 'jwks_refreshed' }])
  })

  it('gives up on a fetch that never answers, and ends it', async () => {
    let signal: AbortSignal | undefined
    const { find } = cache({
      loadTimeoutMs: 20,
      load: (_, given) => {
        signal = given
        return new Promise(() => undefined)
      },
    })
    await expect(find('one')).rejects.toThrow(/no response within 0.02 s/)
    expect(signal?.aborted).toBe(true)
  })
})
