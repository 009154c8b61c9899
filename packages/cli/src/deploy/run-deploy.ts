import { openOperatorClient } from '../operator/open-client.ts'
import { findOperatorKey, OPERATOR_KEY_VARIABLE } from '../operator/operator-key.ts'
import type { Project } from '../project/find-project.ts'
import { UsageError } from '../errors.ts'
import { confirmation } from '../terminal/confirm.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { type Deployed, type DeployRun, execute, rehearse } from './execute.ts'
import { describePlan } from './describe-plan.ts'
import { type DeployPlan, planDeploy } from './deploy-plan.ts'
import { smoke, type SmokeReport } from './smoke.ts'

export interface DeployFlags {
  readonly dryRun: boolean
  readonly yes: boolean
  readonly url?: string
  readonly smoke: boolean
  readonly checks: boolean
  readonly json: boolean
}

/** What `--json` prints. */
interface DeployOutput {
  readonly environment: string
  readonly dryRun: boolean
  readonly secrets: readonly { readonly worker: string; readonly name: string; readonly origin: string }[]
  readonly deployed: readonly Deployed[]
  readonly smoke?: SmokeReport
  readonly log?: string
}

/** `sealgate deploy`. @throws UsageError before anything is changed, Error when a step or the smoke test fails */
export async function runDeploy({
  project,
  environment,
  flags,
  run,
  say,
}: {
  readonly project: Project
  readonly environment: string
  readonly flags: DeployFlags
  readonly run: RunWrangler
  readonly say: Say
}): Promise<void> {
  say(`Reading ${environment} …`)
  const { url, smoke: isSmoked, checks: isChecked } = flags
  const plan = await planDeploy({ project, environment, url, isSmoked, isChecked }, run)
  const deployRun = { project, environment, plan, run, say }
  say(describePlan(plan, environment))
  await rehearse(deployRun)
  if (flags.dryRun) {
    print(flags, { ...outlineOf(plan, environment), dryRun: true, deployed: [] })
    return
  }
  if (!(await confirmation(flags.yes)(`Deploy ${environment}?`))) {
    throw new UsageError('Stopped; nothing was changed.')
  }
  const { deployed, logFile } = await execute(deployRun)
  sayNewKey(deployRun)
  const report = plan.url === undefined ? undefined : await look(deployRun, plan.url, deployed)
  print(flags, {
    ...outlineOf(plan, environment),
    ...{ dryRun: false, deployed, log: logFile },
    ...(report && { smoke: report }),
  })
  if (report?.ok === false) throw new Error(failureOf(report, environment, plan.hasBefore))
  say(report ? `${environment} is deployed, and serves.` : `${environment} is deployed.`)
}

/** Whoever lacks the key that was made operates nothing from another machine. */
function sayNewKey({ project, environment, plan, say }: DeployRun): void {
  if (!plan.missing.some(({ origin }) => origin === 'operator keys')) return
  const source = findOperatorKey(project.root, environment)?.source
  if (source === undefined || source === OPERATOR_KEY_VARIABLE) return
  say(`Your operator's key is ${source}: keep a copy in a safe of your team's.`)
}

async function look(
  { project, environment, plan, say }: DeployRun,
  url: string,
  deployed: readonly Deployed[],
): Promise<SmokeReport> {
  say(`Looking at ${url} …`)
  const client = openOperatorClient(project, environment, { url, say })
  const { gateway, deploys } = plan
  const report = await smoke(
    { url, health: () => client.health(), probe: () => client.probe() },
    {
      version: deployed.find(({ name, kind }) => name === gateway.name && kind === 'deploy')?.version,
      nameOf(binding) {
        const target = gateway.config.services?.find((service) => service.binding === binding)?.service
        return deploys.find(({ name }) => name === target)?.folder.name ?? target ?? binding
      },
    },
  )
  for (const { service, audience, verdict } of report.pairs)
    say(`  ${service}, audience ${audience}: ${verdict}`)
  for (const warning of report.warnings) say(`Not looked at: ${warning}`)
  return report
}

function failureOf({ problems }: SmokeReport, environment: string, hasBefore: boolean): string {
  const back = `; or go back to the version before: sealgate rollback ${environment}`
  return [
    `${environment} is deployed, and does not serve as it should:`,
    ...problems.map((problem) => `  ${problem}`),
    `Correct it and deploy again${hasBefore ? back : ''}`,
  ].join('\n')
}

function outlineOf(
  { missing }: DeployPlan,
  environment: string,
): Pick<DeployOutput, 'environment' | 'secrets'> {
  const secrets = missing.flatMap(({ origin, targets }) =>
    targets.map(({ view, name }) => ({ worker: view.folder.name, name, origin })),
  )
  return { environment, secrets }
}

function print({ json }: DeployFlags, output: DeployOutput): void {
  if (json) process.stdout.write(`${JSON.stringify(output, undefined, 2)}\n`)
}
