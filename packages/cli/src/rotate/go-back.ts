import { UsageError } from '../errors.ts'
import {
  deployVersions,
  readDeployments,
  readVersion,
  readVersions,
  rollbackTo,
  type VersionShare,
  type WorkerVersion,
} from '../wrangler/versions.ts'
import type { GatewayHealth } from './gateway-port.ts'
import { formatTime, tokensEnd, viewOf } from './key-slots.ts'
import { leakedIn } from './messages.ts'
import { describeShares, describeVersion, shortId } from './rollout-state.ts'
import { verdictOf } from './watch.ts'
import type { KeysWorld } from './world.ts'

export interface RollbackOptions {
  /** An id, or how it begins. Default: what was deployed to all before. */
  readonly version: string | undefined
  readonly isDryRun: boolean
  /** Goes on where a version does not say what it holds. */
  readonly force: boolean
}

export interface RollbackReport {
  readonly outcome: 'would roll back' | 'rolled back' | 'stopped'
  readonly from: readonly VersionShare[]
  readonly to: string
}

/** An id of a version is a UUID. */
const ID_LENGTH = 36

/** How long an override may take to reach a version that was deployed just now. */
const OVERRIDE_SECONDS = 30

const FORWARD =
  'Go forward instead: check out the code of that version and run sealgate deploy. A deploy keeps the keys of today.'

/**
 * Brings an older version back, which brings its secrets back as well: so it is looked at first, with no request but ours
 * going to it.
 *
 * @throws UsageError, Error that says why not, and what to do. What is deployed is then as it was
 */
export async function rollback(options: RollbackOptions, world: KeysWorld): Promise<RollbackReport> {
  const { run, worker, say } = world
  const { versions, shares: all } = await readVersions(run, worker)
  const from = all.filter(({ percentage }) => percentage > 0)
  const target = await targetOf(options.version, versions, from, world)
  const report = { from, to: target.id }
  rejectKnownLeak(target, versions, world)
  const isServed = from.some(({ id }) => id === target.id)
  if (from.length > 1 && !isServed) {
    throw new UsageError(
      `A rollout is under way: ${describeShares(from)}. First end it: sealgate rollback with one of these two.`,
    )
  }
  say(`Back to ${describeVersion(target)}, from ${describeShares(from)}.`)
  if (options.isDryRun) {
    if (isServed) await inspect(target, world, options)
    else say('Whether its keys still serve is looked at before it gets a request.')
    return { ...report, outcome: 'would roll back' }
  }
  if (!(await world.confirm(`Deploy ${shortId(target.id)} to all requests?`)))
    return { ...report, outcome: 'stopped' }
  if (isServed) await inspect(target, world, options)
  else await inspectAside(target, from, world, options)
  await rollbackTo(run, worker, target.id, `sealgate rollback to ${shortId(target.id)}`)
  say('Rolled back. Cloudflare accepts no secret now (10215): the next rotation needs a deploy first.')
  return { ...report, outcome: 'rolled back' }
}

async function targetOf(
  wanted: string | undefined,
  versions: readonly WorkerVersion[],
  from: readonly VersionShare[],
  { run, worker }: KeysWorld,
): Promise<WorkerVersion> {
  const before =
    wanted ?? (await readDeployments(run, worker)).find((shares) => isAnother(shares, from))?.[0]?.id
  const listed = versions.filter(({ id }) => before !== undefined && id.startsWith(before))
  // wrangler lists the newest ten.
  const older =
    listed.length === 0 && before?.length === ID_LENGTH ? await readVersion(run, worker, before) : undefined
  const found = older ? [older] : listed
  const [target] = found
  const names = versions.map(describeVersion).join('\n  ')
  if (!target || found.length > 1)
    throw new UsageError(`Say which version, by its id. The newest are:\n  ${names}`)
  if (from.length === 1 && from[0]?.id === target.id)
    throw new UsageError(`${shortId(target.id)} is deployed already.`)
  return target
}

function isAnother(shares: readonly VersionShare[], from: readonly VersionShare[]): boolean {
  const [first] = shares
  return shares.length === 1 && first?.percentage === 100 && !from.some(({ id }) => id === first.id)
}

/** What this machine, or a version's message, remembers of leaked keys. */
function rejectKnownLeak(
  target: WorkerVersion,
  versions: readonly WorkerVersion[],
  { leaked }: KeysWorld,
): void {
  const made = Date.parse(target.createdOn) / 1000
  const known = leaked.all.find(({ at }) => made < at)
  const replaced = versions.find(
    (version) => version.number > target.number && leakedIn(version) !== undefined,
  )
  const name = known?.kid ?? (replaced && leakedIn(replaced))
  if (name === undefined) return
  throw new Error(
    `${describeVersion(target)} is from before ${name} leaked: with it the leaked key, or keys of its time, would sign again.\n${FORWARD}`,
  )
}

/** Deploys the version with 0 % beside what serves, looks, and leaves the deployment as it was when it may not come back. */
async function inspectAside(
  target: WorkerVersion,
  from: readonly VersionShare[],
  world: KeysWorld,
  options: RollbackOptions,
): Promise<void> {
  const { run, worker } = world
  const aside = [...from, { id: target.id, percentage: 0 }]
  await deployVersions(run, worker, aside, `sealgate rollback: looks at ${shortId(target.id)}`)
  try {
    await inspect(target, world, options)
  } catch (error) {
    await deployVersions(run, worker, from, 'sealgate rollback: stopped')
    throw error
  }
}

async function inspect(target: WorkerVersion, world: KeysWorld, { force }: RollbackOptions): Promise<void> {
  const { gateway, now, sleep, say } = world
  const until = now() + OVERRIDE_SECONDS
  let health = await gateway.healthOf(target.id)
  while (!health && now() < until) {
    await sleep(1)
    health = await gateway.healthOf(target.id)
  }
  if (health) {
    const problem = await problemWith(health, world)
    if (problem === undefined) return
    throw new Error(`${describeVersion(target)} may not come back: ${problem}\n${FORWARD}`)
  }
  const unknown = `${describeVersion(target)} does not say which keys it holds: it is from before the operator channel.`
  if (!force) throw new Error(`${unknown}\n${FORWARD}\nOr, if no key was rotated since: --force`)
  say(`${unknown} --force takes it as it is.`)
}

/** Why a version's keys do not serve today; `undefined` when they do. */
async function problemWith(old: GatewayHealth, { gateway, leaked }: KeysWorld): Promise<string | undefined> {
  const [current, services] = await Promise.all([gateway.health(), gateway.probe()])
  const thumbprints = old.keys.map(({ thumbprint }) => thumbprint)
  const denied = new Set([
    ...(await gateway.deniedAmong(thumbprints)),
    ...leaked.all.map(({ thumbprint }) => thumbprint),
  ])
  const bad = old.keys.find(({ thumbprint }) => denied.has(thumbprint))
  if (bad) return `it holds ${bad.kid}, which has leaked.`
  const signer = viewOf(old.slots, old.maxTtl).signing?.kid
  if (signer === undefined) return 'no key of it may sign.'
  const without = services.find((service) => verdictOf(service, signer).holds === 'no')
  if (without)
    return `it signs with ${signer}, which ${without.service} (${without.audience}) no longer holds.`
  if (!current.keys.some(({ kid }) => kid === signer))
    return `it signs with ${signer}, which was withdrawn since.`
  const { signing, idle } = viewOf(current.slots, current.maxTtl)
  const isHeld = (kid?: string): boolean => kid === undefined || old.keys.some((key) => key.kid === kid)
  if (!isHeld(signing?.kid)) {
    return `it does not hold ${signing?.kid ?? ''}, which signs now: services would reject the tokens that are out.`
  }
  const tokensUntil = tokensEnd(signing?.nbf ?? 0, current.maxTtl)
  if (idle?.state === 'previous' && current.time < tokensUntil && !isHeld(idle.kid)) {
    return `it does not hold ${idle.kid ?? ''}, of which tokens are out until ${formatTime(tokensUntil)}.`
  }
  return undefined
}
