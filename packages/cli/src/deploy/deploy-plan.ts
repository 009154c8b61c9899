import { relative } from 'node:path'
import { UsageError } from '../errors.ts'
import { preflight } from '../doctor/check-files.ts'
import { deploymentOf } from '../operator/deployment.ts'
import { findOperatorKey } from '../operator/operator-key.ts'
import type { Project } from '../project/find-project.ts'
import { sharedResources } from '../project/shared-resources.ts'
import { viewEnvironment, viewEverything, type WorkerView } from '../project/worker-view.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { gatewayProblem } from './gateway-problem.ts'
import { hasCode, readRemote, type RemoteWorker } from './remote.ts'
import { type MissingSecret, planSecrets } from './secret-plan.ts'
import { rejectUnknown } from './secret-values.ts'
import { type DeploySteps, orderSteps } from './steps.ts'

/** What a deploy is going to do. Nothing is changed yet. */
export interface DeployPlan extends DeploySteps {
  readonly gateway: WorkerView
  readonly missing: readonly MissingSecret[]
  /** Where the gateway is looked at afterwards; unset: it is not. */
  readonly url?: string
  /** The gateway serves already: there is a version to go back to. */
  readonly hasBefore: boolean
  /** What a person should know before. */
  readonly notes: readonly string[]
}

export interface PlanOptions {
  readonly project: Project
  readonly environment: string
  /** Where the gateway is reached, in place of its route. */
  readonly url?: string | undefined
  /** Whether the deployment is looked at afterwards. */
  readonly isSmoked: boolean
  /** Whether what doctor finds in the files ends it. */
  readonly isChecked: boolean
}

/**
 * Reads the project and Cloudflare, and checks what can be known beforehand.
 *
 * @throws UsageError for what a person has to change, Error with what wrangler said
 */
export async function planDeploy(options: PlanOptions, run: RunWrangler): Promise<DeployPlan> {
  const { project, environment, isSmoked, isChecked } = options
  const { gateway, services } = viewEnvironment(project, environment)
  rejectDevelopment(gateway)
  rejectShared(project)
  const warnings = isChecked ? await checkFiles(project, environment) : []
  const url = isSmoked ? deploymentOf(project, environment, options.url).url : undefined

  // One alone first: without a login every call fails, and one says it.
  const remote = [await readRemote(gateway, run)]
  remote.push(...(await Promise.all(services.map((view) => readRemote(view, run)))))
  const [own, ...others] = remote
  if (!own) throw new Error('a project has a gateway')

  const { missing, problems } = planSecrets(own, others, isSmoked)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  rejectUnknown(missing, environment)
  if (isSmoked) rejectForeignOperators(project, environment, missing)
  const planned = missing.flatMap(({ targets }) =>
    targets.flatMap(({ view, name }) => (view === gateway ? [name] : [])),
  )
  const problem = await gatewayProblem(project.gateway, environment, [...own.secrets, ...planned])
  if (problem !== undefined) {
    throw new UsageError(`The gateway would not start: ${problem}\nSet it in ${project.gateway.config}.`)
  }
  const isBindable = await hasOwnCode(own, others, run)
  return {
    ...orderSteps(
      { view: gateway, isThere: isBindable },
      others.map(({ view, exists }) => ({ view, isThere: exists })),
    ),
    ...{ gateway, missing, hasBefore: isBindable, notes: [...warnings, ...notesOf(remote)] },
    ...(url !== undefined && { url }),
  }
}

/** It does not matter, and is not looked up, while no service is new. */
async function hasOwnCode(
  gateway: RemoteWorker,
  services: readonly RemoteWorker[],
  run: RunWrangler,
): Promise<boolean> {
  if (!gateway.exists || services.every(({ exists }) => exists)) return gateway.exists
  return hasCode(gateway, run)
}

function rejectDevelopment({ environment, config }: WorkerView): void {
  if (config.vars.WORKER_ENV !== 'dev') return
  throw new UsageError(
    `${environment} has WORKER_ENV "dev", which is for sealgate dev: it is open to anybody. Choose production, staging or test.`,
  )
}

function rejectShared(project: Project): void {
  const claimants = viewEverything(project).map(({ folder, environment, config }) => ({
    ...{ file: relative(project.root, folder.config), environment, config },
  }))
  const shared = sharedResources(claimants).filter(({ kind }) => kind !== 'rate limiter')
  if (shared.length === 0) return
  const problems = shared.map(({ kind, value, places }) => `  the ${kind} ${value}: ${places.join(' and ')}`)
  throw new UsageError(
    ['Environments share what each must have to itself. Whichever is deployed later takes', ...problems].join(
      '\n',
    ),
  )
}

/** @throws UsageError with what doctor finds wrong in the files. Returns what is worth a warning. */
async function checkFiles(project: Project, environment: string): Promise<readonly string[]> {
  const findings = await preflight(project, environment)
  const faults = findings.filter(({ status }) => status === 'fail')
  if (faults.length === 0) return findings.map(({ message }) => message)
  const lines = faults.flatMap(({ message, fix }) => [
    `  ${message}`,
    ...(fix === undefined ? [] : [`    fix: ${fix}`]),
  ])
  throw new UsageError(
    [`${environment} would not serve as it stands (--no-checks deploys it all the same):`, ...lines].join(
      '\n',
    ),
  )
}

function rejectForeignOperators(
  { root }: Project,
  environment: string,
  missing: readonly MissingSecret[],
): void {
  const isMade = missing.some(({ origin }) => origin === 'operator keys')
  if (isMade || findOperatorKey(root, environment)) return
  throw new UsageError(
    `The gateway has OPERATOR_KEYS, and no private key of them is here: .sealgate/operator-${environment}.jwk or SEALGATE_OPERATOR_KEY. ` +
      'Get it from whoever deployed, or deploy with --no-smoke.',
  )
}

function notesOf(workers: readonly RemoteWorker[]): readonly string[] {
  return workers.flatMap(({ view, live }) =>
    live.length > 1
      ? [`${view.folder.name}: a rollout is split between ${live.length} versions; this deploy ends it`]
      : [],
  )
}
