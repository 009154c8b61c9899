import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Auth } from '../claims/types.ts'
import { createKit } from '../kit/create-kit.ts'
import { heldCaller } from '../kit/held-caller.ts'
import type { Kit } from '../kit/kit.ts'
import { createTestIssuer } from '../testing/test-issuer.ts'
import type { Revocation } from '../tokens/revocation.ts'
import { close, closeAtEnd, closeEnded, closeIfEnded } from './closing.ts'

const NOW = 1_800_000_000

beforeEach(() => vi.useFakeTimers({ now: NOW * 1000 }))
afterEach(() => vi.useRealTimers())

/** A socket as far as `closeAtEnd` uses it, and what was done to it. */
function openSocket() {
  const events = new EventTarget()
  return Object.assign(events, {
    closed: [] as number[],
    reasons: [] as (string | undefined)[],
    close(code?: number, reason?: string): void {
      this.closed.push(code ?? 0)
      this.reasons.push(reason)
      events.dispatchEvent(new Event('close'))
    },
  }) as unknown as WebSocket & { readonly closed: number[]; readonly reasons: string[] }
}

/** Lets so many milliseconds pass, in steps after which what hashes, off the clock, gets done. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 15_000) {
    vi.advanceTimersByTime(Math.min(left, 15_000))
    for (let turn = 0; turn < 20; turn++) await crypto.subtle.digest('SHA-256', new Uint8Array(1))
  }
}

const authUntil = (exp: number): Auth => ({ claims: { exp } }) as Auth

it('closes a socket when the token ends, and not before', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 300))
  vi.advanceTimersByTime(299_999)
  expect(socket.closed).toEqual([])
  vi.advanceTimersByTime(1)
  expect(socket.closed).toEqual([4401])
})

it('closes a socket at once whose token lives by leeway alone', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW - 30))
  vi.advanceTimersByTime(0)
  expect(socket.closed).toEqual([4401])
})

it('does not close a socket at once because its token lives longer than a timer waits', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 40 * 86_400))
  vi.advanceTimersByTime(60_000)
  expect(socket.closed).toEqual([])
})

it('leaves no timer behind a socket that was closed', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 300))
  socket.close(1000)
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(300_000)
  expect(socket.closed).toEqual([1000])
})

it('lets no frame through to code that came after the end, though the timer did not run yet', () => {
  const socket = openSocket()
  closeAtEnd(socket, authUntil(NOW + 300))
  const frames: unknown[] = []
  socket.addEventListener('message', ({ data }) => frames.push(data))
  const say = (data: string) => socket.dispatchEvent(new MessageEvent('message', { data }))
  say('before')
  vi.setSystemTime((NOW + 300) * 1000)
  say('after')
  expect([frames, socket.closed]).toEqual([['before'], [4401]])
})

describe('the reason of a close', () => {
  const longest = 'a'.repeat(64)
  const request = new Request('https://a.test', { headers: { 'X-Request-Id': longest } })

  it('names the upgrade', () => {
    const socket = openSocket()
    closeAtEnd(socket, authUntil(NOW + 300), request)
    vi.advanceTimersByTime(300_000)
    expect(socket.reasons).toEqual([`The access token has ended; request_id=${longest}`])
  })

  it('names no request where none is known', () => {
    const socket = openSocket()
    closeAtEnd(socket, authUntil(NOW + 300))
    vi.advanceTimersByTime(300_000)
    expect(socket.reasons).toEqual(['The access token has ended'])
  })

  it.each(['ended', 'revoked', 'forbidden', 'unavailable'] as const)(
    'has room for the longest id: %s',
    (ending) => {
      const socket = openSocket()
      close(socket, ending, longest)
      expect(socket.reasons[0]).toMatch(/; request_id=a{64}$/)
      expect(new TextEncoder().encode(socket.reasons[0]).length).toBeLessThanOrEqual(123)
    },
  )
})

describe('with a deny-list', () => {
  const settings = { issuer: 'https://issuer.test', audience: 'test-service', onEvent: () => undefined }

  /** A deny-list whose reads can fail, and the kit of a service that has verified a caller by it. */
  async function service(denylistOnError: 'closed' | 'open' = 'closed') {
    const entries = new Map<string, unknown>()
    const store = {
      reads: 0,
      isDown: false,
      get(keys: string[]): Promise<Map<string, unknown>> {
        store.reads++
        if (store.isDown) return Promise.reject(new Error('KV is down'))
        return Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null])))
      },
      put(key: string, value: string): Promise<void> {
        entries.set(key, JSON.parse(value))
        return Promise.resolve()
      },
    }
    const issuer = await createTestIssuer()
    const kitHere = () =>
      createKit({ ...settings, verify: { jwksService: issuer.binding }, denylist: store, denylistOnError })
    const kit = kitHere()
    const authOf = async (sub: string): Promise<Auth> => {
      const act = { sub: 'agent', act: { sub: 'gateway' } }
      const auth = await kit.checkAuth(
        await issuer.token({ sub, jti: `of-${sub}`, act }, { ttlSeconds: 3600 }),
      )
      if (!auth) throw new Error('the token is good')
      return auth
    }
    return {
      store,
      kit,
      authOf,
      /** Another isolate revokes: what this kit remembers stays. */
      revoke: (revocation: Revocation) => kitHere().revoke(revocation),
    }
  }

  const revocations: [what: string, revocationOf: (kit: Kit, auth: Auth) => Revocation][] = [
    ['token', () => ({ jti: 'of-ada' })],
    ['user', () => ({ sub: 'ada' })],
    ['agent', () => ({ sub: 'agent' })],
    ['key', (_, auth) => ({ thumbprint: heldCaller(auth).thumbprint ?? '' })],
  ]

  it.each(revocations)('closes an idle socket within 30 seconds when its %s is revoked', async (_, of) => {
    const { kit, authOf, revoke } = await service()
    const auth = await authOf('ada')
    const socket = openSocket()
    closeAtEnd(socket, auth)
    await pass(60_000)
    expect(socket.closed).toEqual([])
    await revoke(of(kit, auth))
    await pass(29_999)
    expect(socket.closed).toEqual([])
    await pass(1)
    expect(socket.closed).toEqual([4401])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('reads it once in 30 seconds, and no more when the socket is closed', async () => {
    const { store, authOf } = await service()
    const socket = openSocket()
    closeAtEnd(socket, await authOf('ada'))
    store.reads = 0
    await pass(90_000)
    expect([store.reads, socket.closed]).toEqual([3, []])
    socket.close(1000)
    await pass(90_000)
    expect([store.reads, socket.closed]).toEqual([3, [1000]])
  })

  it('closes nobody for one read that fails', async () => {
    const { store, authOf } = await service()
    const socket = openSocket()
    closeAtEnd(socket, await authOf('ada'))
    store.isDown = true
    await pass(30_000)
    store.isDown = false
    await pass(300_000)
    expect(socket.closed).toEqual([])
  })

  it.each([
    ['closed', [1013]],
    ['open', []],
  ] as const)('that stays down and is set to "%s" ends sockets with %j', async (onError, closed) => {
    const { store, authOf } = await service(onError)
    const socket = openSocket()
    closeAtEnd(socket, await authOf('ada'))
    store.isDown = true
    await pass(34_000)
    expect(socket.closed).toEqual(closed)
  })

  it('holds the sockets of a Durable Object by what is on them: JSON, without the token', async () => {
    const { kit, authOf, revoke } = await service()
    const [ada, bob, nobody] = ['ada', 'bob', undefined].map((of) => Object.assign(openSocket(), { of }))
    if (!ada || !bob || !nobody) throw new Error('three were made')
    const attachments = new Map<unknown, string>()
    for (const socket of [ada, bob]) {
      const upgrade = new Request('https://a.test', {
        headers: { 'X-Request-Id': `upgrade-of-${socket.of}` },
      })
      attachments.set(socket, JSON.stringify(heldCaller(await authOf(socket.of ?? ''), upgrade)))
    }
    const callerOf = (socket: unknown) =>
      JSON.parse(attachments.get(socket) ?? 'null') as ReturnType<typeof heldCaller> | undefined

    expect([...attachments.values()].join()).not.toMatch(/eyJ[\w-]+\./)
    expect(await closeEnded(kit, [ada, bob], callerOf)).toEqual([ada, bob])
    await revoke({ sub: 'ada' })
    expect(await closeIfEnded(kit, ada, callerOf(ada)), 'a verdict counts for 30 seconds').toBe(false)
    vi.advanceTimersByTime(30_000)
    expect(await closeIfEnded(kit, ada, callerOf(ada))).toBe(true)
    expect(await closeIfEnded(kit, bob, callerOf(bob))).toBe(false)
    expect(await closeEnded(kit, [ada, bob, nobody], callerOf), 'and nobody without a caller').toEqual([bob])
    vi.advanceTimersByTime(3_600_000)
    expect(await closeIfEnded(kit, bob, callerOf(bob)), 'the token has ended').toBe(true)
    expect([ada.closed, bob.closed, nobody.closed]).toEqual([[4401, 4401], [4401], [4401]])
    expect([ada.reasons[0], bob.reasons, nobody.reasons]).toEqual([
      'The access token was revoked; request_id=upgrade-of-ada',
      ['The access token has ended; request_id=upgrade-of-bob'],
      ['The access token has ended'],
    ])
  })

  it('does not look at a frame while the list cannot be read and is set to "closed"', async () => {
    const { store, kit, authOf } = await service()
    const socket = openSocket()
    const caller = heldCaller(await authOf('ada'))
    vi.advanceTimersByTime(30_000)
    store.isDown = true
    expect(await closeIfEnded(kit, socket, caller)).toBe(true)
    expect(socket.closed).toEqual([1013])
  })
})
