import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { bearer, exchangeOf } from '../system.ts'

export interface TrafficOptions {
  /** Where the next request to the gateway goes. */
  readonly gateway: () => string
  readonly consumer: string
  /** An Auth0 access token that lasts longer than the traffic. */
  readonly auth0Token: string
  /** Pause between two requests of one caller, in milliseconds. Default 10. */
  readonly pauseMs?: number
}

/** What happened so far. */
export interface Counts {
  readonly requests: number
  /** 4xx. */
  readonly rejected: number
  /** 5xx, and requests without an answer. */
  readonly failed: number
  /** Requests with internal tokens that the consumer accepted, by the `kid` that signed them. */
  readonly accepted: Readonly<Record<string, number>>
  /** One line for each kind of rejection or failure. */
  readonly problems: readonly string[]
}

export interface Traffic {
  readonly counts: Counts
  /** The `kid` of the token that the gateway gave last. */
  readonly lastKid: string | undefined
  /** When the first token of this `kid` came, in seconds since the epoch; `Infinity` before that. */
  firstSeen(kid: string): number
  /** When the last token of this `kid` ends, in seconds since the epoch. */
  lastExpiry(kid: string): number
  stop(): Promise<Counts>
}

interface Held {
  readonly token: string
  readonly kid: string
  /** Seconds since the epoch. */
  readonly exp: number
}

/** Tokens held for use until they end. */
const HELD = 50
/** A caller does not use a token in its last second: it may end on the way. */
const SPARE_SECONDS = 1

/**
 * Callers of all three kinds, one request at a time each: who exchanges a token at the gateway, who takes one to the
 * consumer for as long as it lasts (two of these), and who goes through the gateway.
 */
export function startTraffic({ gateway, consumer, auth0Token, pauseMs = 10 }: TrafficOptions): Traffic {
  let requests = 0
  let rejected = 0
  let failed = 0
  let lastKid: string | undefined
  let isRunning = true
  const held: Held[] = []
  const accepted: Record<string, number> = {}
  const expiries = new Map<string, number>()
  const firsts = new Map<string, number>()
  const problems = new Map<string, number>()

  const send = async (what: string, url: URL, init: RequestInit): Promise<unknown> => {
    requests++
    let problem: string
    try {
      const response = await fetch(url, init)
      const answer: unknown = await response.json()
      if (response.ok) return answer
      problem = `${what}: ${response.status}`
      if (response.status < 500) rejected++
      else failed++
    } catch (error) {
      failed++
      problem = `${what}: ${error instanceof Error ? error.message : String(error)}`
    }
    problems.set(problem, (problems.get(problem) ?? 0) + 1)
    return undefined
  }

  const exchange = async (): Promise<void> => {
    const body = new URLSearchParams(exchangeOf(auth0Token))
    const answer = await send('exchange', new URL('/oauth/token', gateway()), { method: 'POST', body })
    const token = tokenIn(answer)
    if (token === undefined) return
    const { kid = '' } = decodeProtectedHeader(token)
    const { exp = 0 } = decodeJwt(token)
    lastKid = kid
    if (!firsts.has(kid)) firsts.set(kid, Date.now() / 1000)
    expiries.set(kid, exp)
    held.push({ token, kid, exp })
    if (held.length > HELD) held.splice(Math.floor(Math.random() * held.length), 1)
  }
  const use = async (): Promise<void> => {
    const soon = Date.now() / 1000 + SPARE_SECONDS
    const alive = held.filter(({ exp }) => exp > soon)
    const one = alive[Math.floor(Math.random() * alive.length)]
    if (!one) return
    const answer = await send(`consumer, ${one.kid}`, new URL('/whoami', consumer), bearer(one.token))
    if (answer !== undefined) accepted[one.kid] = (accepted[one.kid] ?? 0) + 1
  }
  const through = async (): Promise<void> => {
    await send('through the gateway', new URL('/api/whoami', gateway()), bearer(auth0Token))
  }

  const callers = [exchange, use, use, through].map(async (act) => {
    while (isRunning) {
      await act()
      await sleep(pauseMs)
    }
  })
  const counts = (): Counts => ({
    requests,
    rejected,
    failed,
    accepted: { ...accepted },
    problems: [...problems].map(([problem, times]) => `${problem} (${times} times)`),
  })
  return {
    get counts() {
      return counts()
    },
    get lastKid() {
      return lastKid
    },
    firstSeen: (kid) => firsts.get(kid) ?? Infinity,
    lastExpiry: (kid) => expiries.get(kid) ?? 0,
    async stop() {
      isRunning = false
      await Promise.all(callers)
      return counts()
    },
  }
}

function tokenIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('access_token' in answer)) return undefined
  return typeof answer.access_token === 'string' ? answer.access_token : undefined
}
