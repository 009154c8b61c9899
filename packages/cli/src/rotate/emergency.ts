import { UsageError } from '../errors.ts'
import type { WorkerVersion } from '../wrangler/versions.ts'
import type { GatewayHealth } from './gateway-port.ts'
import { formatTime, secretOf, type Slot, tokensEnd } from './key-slots.ts'
import type { LeakedKey } from './leaked-keys.ts'
import { type Look, lookAt } from './look.ts'
import { emergencyMessage } from './messages.ts'
import { chooseWay } from './plan.ts'
import { putKey } from './put-key.ts'
import { describeVersion } from './rollout-state.ts'
import { announced } from './planned.ts'
import { type ServiceVerdict, waitForKeys } from './watch.ts'
import type { KeysWorld } from './world.ts'

export interface EmergencyOptions {
  /** The `kid` of the key that leaked. Default: the one that signs, after a question. */
  readonly leakedKid: string | undefined
  readonly finishRollout: boolean
  readonly isDryRun: boolean
}

type Leaked = Omit<LeakedKey, 'isDone'>

export interface EmergencyReport {
  readonly outcome: 'would replace' | 'replaced' | 'stopped'
  readonly leaked: Leaked
  /** The key that took the leaked one's slot, unless an earlier run put it. */
  readonly kid?: string
  readonly isDenied: boolean
  /** Versions, newest last, of which a rollback would bring the leaked key back. Older ones as well. */
  readonly unsafeVersions: readonly string[]
  readonly services: readonly ServiceVerdict[]
  readonly problem?: string
}

/**
 * Overwrites the slot of a key that leaked, denies what it signed, and says which versions hold it. Where another slot has
 * a key that services know, that one signs until they know the new one: callers lose the leaked key's tokens and nothing
 * else. A run after one that was interrupted goes on where that ended.
 *
 * @throws UsageError, Error that says what stands in the way and what to do
 */
export async function rotateInEmergency(
  options: EmergencyOptions,
  world: KeysWorld,
): Promise<EmergencyReport> {
  const { finishRollout, isDryRun } = options
  const { leaked: remembered, say, confirm } = world
  const look = await lookAt(world)
  const { health, rollout } = look
  const leaked = leakedKey(options, health, world)
  const isThere = health.keys.some(({ thumbprint }) => thumbprint === leaked.thumbprint)
  const report = { leaked, isDenied: false, unsafeVersions: [], services: [] }
  say(`${leaked.kid} in ${leaked.slot} has leaked; its thumbprint is ${leaked.thumbprint}.`)
  const way = isThere
    ? chooseWay(rollout, { finishRollout, activateIn: undefined, force: false, isEmergency: true })
    : undefined
  const takesOver = isThere ? signsMeanwhile(health, leaked, world) : undefined
  if (isThere) {
    say(
      takesOver
        ? `${takesOver.kid ?? ''} signs meanwhile: services know it.`
        : 'No other key may sign: the new one signs at once, and services reject its first tokens until they have it.',
    )
  }
  if (isDryRun) return { ...report, outcome: 'would replace' }
  const question = `Replace ${leaked.kid}? Every token that it signed is rejected from then on.`
  if (isThere && !(await confirm(question))) return { ...report, outcome: 'stopped' }

  remembered.set({ ...leaked, isDone: false })
  const kid = `ed25519-${Math.floor(world.now())}`
  if (way) {
    const { slot, thumbprint } = leaked
    const activateIn = takesOver ? '10m' : undefined
    await putKey({ slot, kid, activateIn, message: emergencyMessage(thumbprint), force: false }, way, world)
    say(`${slot} has ${kid}.`)
  }
  if (health.hasDenylist) {
    await world.gateway.denyKey(leaked.thumbprint)
    say(`${leaked.thumbprint} is on the deny-list: it holds everywhere within 90 seconds.`)
  } else {
    say(
      `There is no deny-list. To reject it at once, deploy services with JWT_DENIED_THUMBPRINTS=${leaked.thumbprint}`,
    )
  }
  const isGone = await waitForKeys((kids) => !kids.includes(leaked.kid), world)
  const unsafeVersions = unsafe(look, leaked)
  if (!isGone) {
    const problem = `A version of the gateway still publishes ${leaked.kid}: run this again.`
    return {
      ...report,
      outcome: 'replaced',
      isDenied: health.hasDenylist,
      unsafeVersions: idsOf(unsafeVersions),
      problem,
    }
  }
  remembered.set({ ...leaked, isDone: true })
  say(
    'These versions, and every older one, hold the leaked key or keys of its time. Never roll back to them:',
  )
  for (const version of unsafeVersions) say(`  ${describeVersion(version)}`)
  const { services, problem } = await follow(isThere ? kid : undefined, world)
  return {
    ...{
      outcome: 'replaced',
      leaked,
      isDenied: health.hasDenylist,
      unsafeVersions: idsOf(unsafeVersions),
      services,
    },
    ...(isThere && { kid }),
    ...(problem !== undefined && { problem }),
  }
}

/** @throws UsageError when no slot holds it and nobody remembers it */
function leakedKey(
  { leakedKid }: EmergencyOptions,
  { slots, keys, time }: GatewayHealth,
  { leaked }: KeysWorld,
): Leaked {
  const known = leaked.all.find(({ kid, isDone }) => (leakedKid === undefined ? !isDone : kid === leakedKid))
  if (known) return known
  const slot = slots.find(({ kid, state }) =>
    leakedKid === undefined ? state === 'signing' : kid === leakedKid,
  )
  const key = keys.find(({ kid }) => kid === slot?.kid)
  if (slot && key) return { ...key, slot: secretOf(slot), at: Math.floor(time) + 1 }
  const kids = keys.map(({ kid }) => kid).join(', ')
  throw new UsageError(
    `No slot holds ${leakedKid ?? 'a key that signs'}. There are: ${kids}. Say which one leaked: --leaked <kid>`,
  )
}

/** The slot that signs once the leaked one is overwritten by a key that waits. */
function signsMeanwhile(
  { slots, time, maxTtl }: GatewayHealth,
  leaked: Pick<LeakedKey, 'kid'>,
  world: KeysWorld,
): Slot | undefined {
  const isLeaked = (kid?: string): boolean =>
    kid === leaked.kid || world.leaked.all.some((key) => key.kid === kid)
  // Past this a slot stops signing: its tokens would outlive it.
  const end = tokensEnd(time, maxTtl) + 300
  return slots.find(
    ({ kid, state, exp = Infinity }) =>
      (state === 'previous' || state === 'signing') && !isLeaked(kid) && exp > end,
  )
}

/** Versions of which a rollback would bring the leaked key back, or keys that services dropped since. */
function unsafe({ versions }: Look, { at }: Leaked): readonly WorkerVersion[] {
  return versions.filter(({ createdOn }) => Date.parse(createdOn) / 1000 < at)
}

const idsOf = (versions: readonly WorkerVersion[]): readonly string[] => versions.map(({ id }) => id)

async function follow(
  kid: string | undefined,
  world: KeysWorld,
): Promise<{ readonly services: readonly ServiceVerdict[]; readonly problem?: string }> {
  if (kid === undefined) return { services: [] }
  const look = await lookAt(world)
  const { signsAt, services, problem } = await announced(look, kid, world)
  world.say(signsAt > look.health.time ? `${kid} signs from ${formatTime(signsAt)}.` : `${kid} signs.`)
  return { services, ...(problem !== undefined && { problem }) }
}
