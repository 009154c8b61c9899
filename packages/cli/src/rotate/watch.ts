import type { ServiceKeys } from './gateway-port.ts'
import type { KeysWorld } from './world.ts'

/** Whether a service knows a key. */
export interface ServiceVerdict {
  readonly service: string
  readonly audience: string
  /** `unknown`: it does not say which keys it holds. */
  readonly holds: 'yes' | 'no' | 'unknown'
  readonly problem?: string
}

/** Services fetch a JWKS at most this late: their `JWT_JWKS_CACHE_TTL_SECONDS` by default. */
export const JWKS_SECONDS = 300

const PAUSE_SECONDS = 5

type WatchWorld = Pick<KeysWorld, 'say' | 'now' | 'sleep'> & {
  readonly gateway: Pick<KeysWorld['gateway'], 'probe'>
}

/**
 * Looks until every service that says what it holds has reported the key, or time is up.
 *
 * @param until seconds since the epoch
 */
export async function watchServices(
  kid: string,
  until: number,
  { gateway, say, now, sleep }: WatchWorld,
): Promise<readonly ServiceVerdict[]> {
  const told = new Set<string>()
  let isWaiting = false
  for (;;) {
    const verdicts = (await gateway.probe()).map((one) => verdictOf(one, kid))
    for (const { service, audience, holds } of verdicts) {
      const name = `${service} (${audience})`
      if (holds === 'yes' && !told.has(name)) say(`${name} holds ${kid}.`)
      if (holds === 'yes') told.add(name)
    }
    const without = verdicts.filter(({ holds }) => holds === 'no')
    if (without.length === 0 || now() >= until) return verdicts
    if (!isWaiting) say(waitingFor(without))
    isWaiting = true
    await sleep(Math.max(0, Math.min(PAUSE_SECONDS, until - now())))
  }
}

function waitingFor(services: readonly ServiceVerdict[]): string {
  const names = services.map(({ service, audience }) => `${service} (${audience})`).join(', ')
  return `Waiting for ${names}, up to ${JWKS_SECONDS / 60} minutes with the defaults. Ctrl-C breaks nothing: the same command goes on.`
}

export function verdictOf({ service, audience, kids, problem }: ServiceKeys, kid: string): ServiceVerdict {
  if (kids === undefined)
    return { service, audience, holds: 'unknown', ...(problem !== undefined && { problem }) }
  return { service, audience, holds: kids.includes(kid) ? 'yes' : 'no' }
}

/** How often in a row the gateway must say a thing before it counts: isolates take a new version over one by one. */
const IN_A_ROW = 3
const TAKE_OVER_SECONDS = 60

/**
 * Waits until the gateway publishes what it should.
 *
 * @returns false when it did not within a minute
 */
export async function waitForKeys(
  isRight: (kids: readonly string[]) => boolean,
  { gateway, now, sleep }: KeysWorld,
): Promise<boolean> {
  const until = now() + TAKE_OVER_SECONDS
  let inARow = 0
  while (inARow < IN_A_ROW) {
    const { keys } = await gateway.health()
    inARow = isRight(keys.map(({ kid }) => kid)) ? inARow + 1 : 0
    if (now() >= until) return false
    await sleep(1)
  }
  return true
}
