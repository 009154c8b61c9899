import { UsageError } from '../errors.ts'
import { formatTime, secretOf, tokensEnd, viewOf } from './key-slots.ts'
import { type Look, lookAt } from './look.ts'
import { rotationMessage } from './messages.ts'
import { chooseWay, type Way } from './plan.ts'
import { putKey } from './put-key.ts'
import { JWKS_SECONDS, type ServiceVerdict, waitForKeys, watchServices } from './watch.ts'
import type { KeysWorld } from './world.ts'

export interface RotateOptions {
  /** `10m`, `24h`. Default 10 minutes. */
  readonly activateIn: string | undefined
  /** Allows times too short to be safe, and a slot whose tokens are out. */
  readonly force: boolean
  readonly finishRollout: boolean
  readonly isDryRun: boolean
}

/** What a rotation did, or would do. */
export interface RotationReport {
  /** `announced`: an earlier run put the key. */
  readonly outcome: 'would rotate' | 'rotated' | 'announced' | 'stopped'
  readonly slot: string
  readonly kid: string
  /** Seconds since the epoch. */
  readonly signsAt: number
  readonly nextRotationAt: number
  readonly services: readonly ServiceVerdict[]
  /** Why this is not well yet, and what to do. */
  readonly problem?: string
}

const DEFAULT_ACTIVATION = '10m'
/** A service that does not hold the key this long before it signs needs somebody to look at it. */
const ALARM_SECONDS = 60

/**
 * Puts a new key into the slot that does not sign, and looks until every service holds it. A run after one that was
 * interrupted goes on where that ended.
 *
 * @throws UsageError, Error that says what stands in the way and what to do
 */
export async function rotate(options: RotateOptions, world: KeysWorld): Promise<RotationReport> {
  const { activateIn, force, finishRollout, isDryRun } = options
  const seconds = activateIn === undefined ? undefined : secondsOf(activateIn)
  if (world.leaked.all.some(({ isDone }) => !isDone)) {
    throw new UsageError('An emergency was interrupted. First: sealgate rotate --emergency')
  }
  const look = await lookAt(world)
  const { rollout, health } = look
  const view = viewOf(health.slots, health.maxTtl)
  if (view.next?.kid !== undefined) return announced(look, view.next.kid, world)
  const { idle, signing, allowedAt } = view
  if (!idle || !signing)
    throw new UsageError('There is no slot to overwrite: name two in JWT_PRIVATE_JWK_NAME.')
  if (health.time < allowedAt && !force) {
    throw new Error(
      `The next rotation is allowed from ${formatTime(allowedAt)}: until then tokens are out that ${secretOf(idle)} signed.`,
    )
  }
  const way = chooseWay(rollout, { finishRollout, activateIn: seconds, force, isEmergency: false })
  const kid = `ed25519-${Math.floor(world.now())}`
  const slot = secretOf(idle)
  const wait = seconds ?? secondsOf(DEFAULT_ACTIVATION)
  const times = (from: number): Pick<RotationReport, 'signsAt' | 'nextRotationAt'> => {
    const signsAt = Math.floor(from + wait)
    return { signsAt, nextRotationAt: tokensEnd(signsAt, health.maxTtl) }
  }
  const plan = { slot, kid, ...times(health.time), services: [] }
  world.say(
    `${slot} is overwritten (${idle.state}); ${signing.kid ?? 'the other'} signs until ${formatTime(plan.signsAt)}.`,
  )
  if (way.how !== 'secret put') world.say(WAYS[way.how])
  if (isDryRun) return { ...plan, outcome: 'would rotate' }
  if (!(await world.confirm(`Put a new key into ${slot}?`))) return { ...plan, outcome: 'stopped' }
  await putKey(
    { slot, kid, activateIn: activateIn ?? DEFAULT_ACTIVATION, message: rotationMessage(slot, kid), force },
    way,
    world,
  )
  world.say(`${slot} has ${kid}.`)
  return { ...(await announced(await lookAt(world), kid, world)), outcome: 'rotated' }
}

/** Looks after a key that is in its slot and does not sign yet. */
export async function announced(
  { rollout, health, isDivided }: Look,
  kid: string,
  world: KeysWorld,
): Promise<RotationReport> {
  const isThere = rollout.state === 'split' || (await waitForKeys((kids) => kids.includes(kid), world))
  const found = health.slots.find((one) => one.kid === kid) ?? (await slotNow(kid, world))
  const signsAt = found?.nbf ?? health.time
  const report = {
    outcome: 'announced' as const,
    ...{ slot: found ? secretOf(found) : '', kid, signsAt },
    nextRotationAt: tokensEnd(signsAt, health.maxTtl),
  }
  if (!isThere || !found) {
    const problem = `The gateway does not publish ${kid} yet: run this again. Nothing signs with it until ${formatTime(signsAt)}.`
    return { ...report, services: [], problem }
  }
  // With a time too short to be safe, what is left of it.
  const alarm = Math.min(ALARM_SECONDS, (signsAt - health.time) / 4)
  if (isDivided) {
    const deadline = signsAt - JWKS_SECONDS - alarm
    const when = health.time < deadline ? `until ${formatTime(deadline)}` : 'now'
    const problem =
      `The rollout divides the JWKS: ${kid} is in the newest version alone, and signs from ${formatTime(signsAt)}. ` +
      `Take the newest version to all requests, or roll it back, ${when}; then run this again.`
    world.say(problem)
    return { ...report, services: [], ...(health.time >= deadline && { problem }) }
  }
  const services = await watchServices(kid, signsAt - alarm, world)
  const without = services.filter(({ holds }) => holds === 'no')
  const names = without.map(({ service, audience }) => `${service} (${audience})`).join(', ')
  return {
    ...report,
    services,
    ...(without.length > 0 && {
      problem: `${names}: ${kid} is not there, and signs from ${formatTime(signsAt)}. sealgate doctor --remote says why; then run this again.`,
    }),
  }
}

async function slotNow(
  kid: string,
  { gateway }: KeysWorld,
): Promise<Look['health']['slots'][number] | undefined> {
  return (await gateway.health()).slots.find((slot) => slot.kid === kid)
}

const WAYS: Readonly<Record<Exclude<Way['how'], 'secret put'>, string>> = {
  version: 'The key goes into a version of its own, which takes the newest one’s part of the requests.',
  finish: 'The newest version goes to all requests, with the key.',
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** @throws UsageError */
export function secondsOf(duration: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(duration) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN)
  if (count === '' || Number.isNaN(seconds)) {
    throw new UsageError(
      `--activate-in takes a number and a unit (s, m, h, d), such as 10m: not ${duration.slice(0, 20)}`,
    )
  }
  return seconds
}
