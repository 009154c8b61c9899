import { join } from 'node:path'
import { bootstrapConfig } from '../project/bootstrap-config.ts'
import type { Project } from '../project/find-project.ts'
import { writePrivateFile } from '../project/private-files.ts'
import { stateDirectory } from '../project/state.ts'
import type { WorkerView } from '../project/worker-view.ts'
import type { Say } from '../terminal/say.ts'
import type { Outcome, RunWrangler } from '../wrangler/run.ts'
import type { DeployPlan } from './deploy-plan.ts'
import { makeSecrets, type WorkerSecrets } from './secret-values.ts'
import { adviceFor, StepFailed } from './step-failed.ts'
import { openWranglerLog, textOf, warningsOf, type WranglerLog } from './wrangler-log.ts'

/** A Worker that was deployed. */
export interface Deployed {
  readonly worker: string
  readonly name: string
  readonly kind: 'bootstrap' | 'deploy'
  /** Its id at Cloudflare. */
  readonly version?: string
}

export interface DeployRun {
  readonly project: Project
  readonly environment: string
  readonly plan: DeployPlan
  readonly run: RunWrangler
  readonly say: Say
}

/** What a run of wrangler does, and what is left of the run when it fails. */
interface Step {
  readonly title: string
  readonly args: readonly string[]
  readonly left: string
  readonly stdin?: string
}

const AGAIN = 'the same command goes on from there.'

/** Bundles every Worker of a plan as its deploy would, and changes nothing. @throws StepFailed */
export async function rehearse({ project, environment, plan, run, say }: DeployRun): Promise<void> {
  const log = openWranglerLog(project, logName('dry-run', environment), run)
  say('Bundling every Worker …')
  await Promise.all(
    plan.deploys.map((view) =>
      call(log, say, {
        title: `${view.folder.name} (dry run)`,
        args: ['deploy', '--dry-run', ...flagsOf(view)],
        left: 'Nothing was changed.',
      }),
    ),
  )
}

/** Does what a plan says. @throws StepFailed, which says what is left and that the next run repairs it */
export async function execute(deployRun: DeployRun): Promise<{
  readonly deployed: readonly Deployed[]
  /** All that wrangler printed. */
  readonly logFile: string
}> {
  const { project, environment, plan, run, say } = deployRun
  const secrets = await makeSecrets(plan.missing, project, environment)
  const log = openWranglerLog(project, logName('deploy', environment), run)
  const total = plan.bootstraps.length + secrets.size + plan.deploys.length
  const deployed: Deployed[] = []
  let count = 0
  const title = (what: string): string => `${++count} of ${total}: ${what}`

  for (const view of plan.bootstraps) {
    const step = bootstrapStep(project, view, title(`${view.folder.name}, without services and routes`))
    deployed.push(deployedBy(view, 'bootstrap', await call(log, say, step)))
  }
  for (const [view, values] of secrets) {
    await putSecrets(log, say, view, values, title(`secrets of ${view.folder.name}`))
  }
  for (const view of plan.deploys) {
    const { folder } = view
    const step = {
      title: title(folder.name),
      args: ['deploy', ...flagsOf(view)],
      left: `What came before is deployed; ${folder.name} may serve its old version still, or lack its routes: ${AGAIN}`,
    }
    deployed.push(deployedBy(view, 'deploy', await call(log, say, step)))
  }
  return { deployed, logFile: log.file }
}

function bootstrapStep(project: Project, view: WorkerView, title: string): Step {
  const file = join(stateDirectory(project), `bootstrap-${view.folder.name}-${view.environment}.json`)
  writePrivateFile(file, JSON.stringify(bootstrapConfig(view.folder, view.environment)))
  return {
    title,
    args: ['deploy', '--config', file],
    left: `${view.name} is not there, or is there without a route, and nobody reaches it: ${AGAIN}`,
  }
}

async function putSecrets(
  log: WranglerLog,
  say: Say,
  view: WorkerView,
  values: WorkerSecrets,
  title: string,
): Promise<void> {
  const stdin = JSON.stringify(Object.fromEntries(values))
  const step = {
    title: `${title}: ${[...values.keys()].join(', ')}`,
    left: `Secrets that were put stay, and what is missing is made anew: ${AGAIN}`,
    stdin,
  }
  try {
    await call(log, say, { ...step, args: ['secret', 'bulk', ...flagsOf(view)] })
  } catch (error) {
    // A version was uploaded and never deployed. The deploy that follows takes the secrets of the latest version.
    if (!(error instanceof StepFailed) || !NOT_DEPLOYED.test(error.output)) throw error
    say('The latest version is not deployed: putting them to a new one, which the deploy takes over.')
    await call(log, () => undefined, { ...step, args: ['versions', 'secret', 'bulk', ...flagsOf(view)] })
  }
}

/** wrangler's words for 10214 and 10215. */
const NOT_DEPLOYED = /latest version of your Worker isn't currently deployed|\b1021[45]\b/

async function call(log: WranglerLog, say: Say, { title, args, left, stdin }: Step): Promise<Outcome> {
  say(`${title} …`)
  const outcome = await log.run(args, stdin)
  if (outcome.code !== 0) {
    const output = textOf(outcome)
    throw new StepFailed({ title, output, advice: adviceFor(output), left, logFile: log.file })
  }
  const warnings = warningsOf(outcome)
  if (warnings !== undefined) say(`${warnings}\n(all of it: ${log.file})`)
  return outcome
}

function deployedBy(view: WorkerView, kind: Deployed['kind'], { stdout }: Outcome): Deployed {
  const version = /Current Version ID: ([0-9a-f-]{36})/.exec(stdout)?.[1]
  return { worker: view.folder.name, name: view.name, kind, ...(version !== undefined && { version }) }
}

function flagsOf({ folder, environment }: WorkerView): readonly string[] {
  return ['--config', folder.config, '--env', environment]
}

function logName(what: string, environment: string): string {
  return `${what}-${environment}-${new Date().toISOString().replace(/[:.]/g, '-')}`
}
