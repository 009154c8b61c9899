import { hideInput } from './hide-input.ts'
import { NO_SUCH_WORKER, type Outcome, type RunWrangler } from './run.ts'

/** A Worker in one environment, as wrangler finds it. */
export interface WorkerEnv {
  /** The path of its `wrangler.jsonc`. */
  readonly config: string
  /** wrangler's `--env`. */
  readonly env: string
}

/** Code, configuration and secrets of a Worker, as they were uploaded together. */
export interface WorkerVersion {
  readonly id: string
  readonly number: number
  /** RFC 3339. */
  readonly createdOn: string
  readonly tag?: string
  readonly message?: string
}

/** What part of the requests a version gets, in percent. */
export interface VersionShare {
  readonly id: string
  readonly percentage: number
}

/** What Cloudflare says of a Worker's versions. */
export interface WorkerVersions {
  /** The ten newest, the newest last. */
  readonly versions: readonly WorkerVersion[]
  /** Of the deployment that is live. A version with 0 % is reached by a version override alone. */
  readonly shares: readonly VersionShare[]
}

/** Cloudflare rejects a secret when the newest version is not the one that is deployed (10215; 10214 for settings). */
export class LatestNotDeployedError extends Error {}

/** @throws Error with what wrangler said */
export async function readVersions(run: RunWrangler, worker: WorkerEnv): Promise<WorkerVersions> {
  const [versions, deployment] = await Promise.all([
    call(run, worker, ['versions', 'list', '--json']),
    call(run, worker, ['deployments', 'status', '--json']),
  ])
  return { versions: parseVersions(jsonIn(versions, '[')), shares: parseShares(jsonIn(deployment, '{')) }
}

/** One version, however old; `undefined` when there is none of that id. */
export async function readVersion(
  run: RunWrangler,
  worker: WorkerEnv,
  id: string,
): Promise<WorkerVersion | undefined> {
  const { code, stdout } = await run(['versions', 'view', id, '--json', ...flagsOf(worker)])
  return code === 0 ? parseVersions([jsonIn(stdout, '{')])[0] : undefined
}

/** The ids of the deployed versions; none without a Worker or a deployment. @throws Error with what wrangler said */
export async function liveVersions(run: RunWrangler, worker: WorkerEnv): Promise<readonly string[]> {
  const outcome = await run(['deployments', 'status', '--json', ...flagsOf(worker)])
  const said = outcome.stdout + outcome.stderr
  if (outcome.code !== 0 && (NO_SUCH_WORKER.test(said) || said.includes('no deployments'))) return []
  check(outcome, 'deployments status')
  return parseShares(jsonIn(outcome.stdout, '{')).map(({ id }) => id)
}

/** The names of a version's variables and bindings. @throws Error with what wrangler said */
export async function versionVariables(
  run: RunWrangler,
  worker: WorkerEnv,
  id: string,
): Promise<readonly string[]> {
  const { resources } = membersOf(jsonIn(await call(run, worker, ['versions', 'view', id, '--json']), '{'))
  const { bindings } = membersOf(resources)
  const all: readonly unknown[] = Array.isArray(bindings) ? bindings : []
  return all.map((one) => String(membersOf(one).name))
}

/** The shares of the ten newest deployments, the newest first. @throws Error with what wrangler said */
export async function readDeployments(
  run: RunWrangler,
  worker: WorkerEnv,
): Promise<readonly (readonly VersionShare[])[]> {
  const listed = jsonIn(await call(run, worker, ['deployments', 'list', '--json']), '[')
  const all: readonly unknown[] = Array.isArray(listed) ? listed : []
  const timed = all.map((one) => ({ at: String(membersOf(one).created_on), shares: parseShares(one) }))
  return timed.sort((one, other) => (one.at < other.at ? 1 : -1)).map(({ shares }) => shares)
}

/**
 * Puts a secret and deploys it: a new version of what is deployed.
 *
 * @param text is shown nowhere
 * @throws LatestNotDeployedError when the newest version is not deployed to all, Error with what wrangler said
 */
export async function putSecret(
  run: RunWrangler,
  worker: WorkerEnv,
  name: string,
  text: string,
): Promise<void> {
  const outcome = await run([...['secret', 'put', name], ...flagsOf(worker)], text)
  if (outcome.code !== 0 && /\b1021[45]\b|versions secret put/.test(outcome.stderr + outcome.stdout)) {
    throw new LatestNotDeployedError('the newest version of the Worker is not the one that is deployed')
  }
  check(outcome, 'secret put', text)
}

/**
 * Puts a secret into a new version of the newest one, which nothing deploys.
 *
 * @param text is shown nowhere
 * @param message of the version, for people and for whoever looks at it later
 * @throws Error with what wrangler said
 */
export async function putVersionSecret(
  run: RunWrangler,
  worker: WorkerEnv,
  name: string,
  text: string,
  message: string,
): Promise<void> {
  const args = ['versions', 'secret', 'put', name, '--message', message]
  check(await run([...args, ...flagsOf(worker)], text), 'versions secret put', text)
}

/** Deploys versions, each to its part of the requests. @throws Error with what wrangler said */
export async function deployVersions(
  run: RunWrangler,
  worker: WorkerEnv,
  shares: readonly VersionShare[],
  message: string,
): Promise<void> {
  const specs = shares.map(({ id, percentage }) => `${id}@${percentage}%`)
  await call(run, worker, ['versions', 'deploy', ...specs, '--message', message, '--yes'])
}

/** Deploys an older version to all requests, whatever its secrets are. @throws Error with what wrangler said */
export async function rollbackTo(
  run: RunWrangler,
  worker: WorkerEnv,
  id: string,
  message: string,
): Promise<void> {
  await call(run, worker, ['rollback', id, '--message', message, '--yes'])
}

async function call(run: RunWrangler, worker: WorkerEnv, args: readonly string[]): Promise<string> {
  const outcome = await run([...args, ...flagsOf(worker)])
  check(outcome, args.slice(0, 2).join(' '))
  return outcome.stdout
}

function flagsOf({ config, env }: WorkerEnv): readonly string[] {
  return ['--config', config, '--env', env]
}

function check({ code, stdout, stderr }: Outcome, what: string, secret = ''): void {
  if (code === 0) return
  const said = (stderr || stdout).trim()
  throw new Error(`wrangler ${what} failed:\n${hideInput(said, secret)}`)
}

/** wrangler may print a line of its own before the JSON. */
function jsonIn(text: string, opening: '[' | '{'): unknown {
  return JSON.parse(text.slice(text.search(opening === '[' ? /^\[/m : /^\{/m)))
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

function parseVersions(listed: unknown): readonly WorkerVersion[] {
  const all: readonly unknown[] = Array.isArray(listed) ? listed : []
  return all
    .map((one): WorkerVersion => {
      const { id, number, metadata, annotations } = membersOf(one)
      const { 'workers/tag': tag, 'workers/message': message } = membersOf(annotations)
      return {
        ...{ id: String(id), number: Number(number), createdOn: String(membersOf(metadata).created_on) },
        ...(typeof tag === 'string' && { tag }),
        ...(typeof message === 'string' && { message }),
      }
    })
    .sort((one, other) => one.number - other.number)
}

function parseShares(status: unknown): readonly VersionShare[] {
  const { versions } = membersOf(status)
  const all: readonly unknown[] = Array.isArray(versions) ? versions : []
  return all.map((one) => {
    const { version_id: id, percentage } = membersOf(one)
    return { id: String(id), percentage: Number(percentage) }
  })
}
