import { UsageError } from '../errors.ts'
import { gatewayProblem, storedSecrets } from './preflight.ts'
import { bootstrapEnv, wranglerEnv } from '../project/environments.ts'
import type { Project } from '../project/find-project.ts'
import { listSecrets, type RunWrangler } from '../wrangler/run.ts'
import type { Say } from '../terminal/say.ts'

/** Without one of these the gateway has nothing to sign with. */
const SIGNING_SECRETS = ['GATEWAY_PRIVATE_A', 'GATEWAY_PRIVATE_B', 'JWT_SECRET_NEW']

export interface DeployOptions {
  readonly project: Project
  readonly environment: string
  readonly isDryRun: boolean
}

interface Step {
  readonly what: string
  readonly config: string
  readonly env: string
}

/**
 * Deploys an environment.
 *
 * @param problemOf tells what is wrong with the gateway's configuration
 * @throws UsageError for what is missing, Error with what wrangler said
 */
export async function deploy(
  { project, environment, isDryRun }: DeployOptions,
  run: RunWrangler,
  say: Say,
  problemOf: typeof gatewayProblem = gatewayProblem,
): Promise<void> {
  const { gateway } = project
  const env = wranglerEnv(environment)
  const secrets = (await listSecrets(run, gateway.config, env)) ?? []
  const known = [...secrets, ...storedSecrets(gateway, env)]
  if (!known.some((name) => SIGNING_SECRETS.includes(name))) {
    throw new UsageError(
      `The gateway has no key to sign with. First: npm run secrets -- --env ${environment}`,
    )
  }
  const problem = await problemOf(gateway, env, secrets)
  if (problem !== undefined) {
    throw new UsageError(
      `The gateway would not start: ${problem}\nSet it in ${gateway.config}, or as a secret.`,
    )
  }
  say('The configuration is complete.')

  const steps = await stepsFor(project, environment, run)
  for (const { what, config, env: stepEnv } of steps) {
    say(`Dry run: ${what} …`)
    await call(run, ['deploy', '--dry-run', '--config', config, '--env', stepEnv], what)
  }
  if (isDryRun) {
    say(`Would deploy: ${steps.map(({ what }) => what).join(', ')}`)
    return
  }
  for (const [index, { what, config, env: stepEnv }] of steps.entries()) {
    say(`${index + 1} of ${steps.length}: ${what} …`)
    await call(run, ['deploy', '--config', config, '--env', stepEnv], what)
  }
  say('Deployed.')
}

/** The bootstrap is for the first deploy alone: while a service is missing. */
async function stepsFor(
  { gateway: { config }, services }: Project,
  environment: string,
  run: RunWrangler,
): Promise<readonly Step[]> {
  const env = wranglerEnv(environment)
  const existing = await Promise.all(services.map((service) => listSecrets(run, service.config, env)))
  const gateway = { config }
  return [
    ...(existing.includes(undefined)
      ? [{ ...gateway, what: 'gateway (bootstrap)', env: bootstrapEnv(environment) }]
      : []),
    ...services.map((service) => ({ what: service.name, config: service.config, env })),
    { ...gateway, what: 'gateway', env },
  ]
}

async function call(run: RunWrangler, args: readonly string[], what: string): Promise<void> {
  const { code, stdout, stderr } = await run(args)
  if (code !== 0) throw new Error(`${what} failed:\n${(stderr || stdout).trim()}`)
}
