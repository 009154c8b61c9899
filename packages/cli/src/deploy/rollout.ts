import { UsageError } from '../errors.ts'
import { gatewayProblem, storedSecrets } from './preflight.ts'
import { join } from 'node:path'
import { bootstrapConfig } from '../project/bootstrap-config.ts'
import { writePrivateFile } from '../project/private-files.ts'
import { stateDirectory } from '../project/state.ts'
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
  /** Unset: the configuration has no environments. */
  readonly env?: string
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
  const env = environment
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
    await call(run, ['deploy', '--dry-run', ...configFlags(config, stepEnv)], what)
  }
  if (isDryRun) {
    say(`Would deploy: ${steps.map(({ what }) => what).join(', ')}`)
    return
  }
  for (const [index, { what, config, env: stepEnv }] of steps.entries()) {
    say(`${index + 1} of ${steps.length}: ${what} …`)
    await call(run, ['deploy', ...configFlags(config, stepEnv)], what)
  }
  say('Deployed.')
}

/** The bootstrap is for the first deploy alone: while a service is missing. */
async function stepsFor(project: Project, env: string, run: RunWrangler): Promise<readonly Step[]> {
  const { gateway, services } = project
  const existing = await Promise.all(services.map((service) => listSecrets(run, service.config, env)))
  return [
    ...(existing.includes(undefined)
      ? [{ what: 'gateway (bootstrap)', config: writeBootstrap(project, env) }]
      : []),
    ...services.map((service) => ({ what: service.name, config: service.config, env })),
    { what: 'gateway', config: gateway.config, env },
  ]
}

function writeBootstrap(project: Project, env: string): string {
  const file = join(stateDirectory(project), `bootstrap-${env}.json`)
  writePrivateFile(file, JSON.stringify(bootstrapConfig(project.gateway, env)))
  return file
}

function configFlags(config: string, env?: string): readonly string[] {
  return ['--config', config, ...(env === undefined ? [] : ['--env', env])]
}

async function call(run: RunWrangler, args: readonly string[], what: string): Promise<void> {
  const { code, stdout, stderr } = await run(args)
  if (code !== 0) throw new Error(`${what} failed:\n${(stderr || stdout).trim()}`)
}
