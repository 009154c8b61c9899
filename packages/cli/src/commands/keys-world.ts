import { join } from 'node:path'
import type { Command } from 'commander'
import { smoke } from '../deploy/smoke.ts'
import { deploymentOf } from '../operator/deployment.ts'
import { openOperatorClient } from '../operator/open-client.ts'
import { keygen } from '../project/keygen.ts'
import type { Project } from '../project/find-project.ts'
import { writePrivateFile } from '../project/private-files.ts'
import { stateDirectory } from '../project/state.ts'
import { readWorkerConfig } from '../project/worker-config.ts'
import { deployedGateway } from '../rotate/deployed-gateway.ts'
import type { GatewayPort } from '../rotate/gateway-port.ts'
import { leakedKeysIn } from '../rotate/leaked-keys.ts'
import type { KeysWorld } from '../rotate/world.ts'
import { confirmation } from '../terminal/confirm.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { environmentOf } from './environment-argument.ts'
import { projectOf } from './project-option.ts'

/** Which gateway a command on keys is about. */
export interface GatewayFlags {
  readonly env?: string
  readonly url?: string
}

/** Flags that the commands which change keys share. */
export interface KeysFlags extends GatewayFlags {
  readonly yes: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

export function withKeysFlags(command: Command): Command {
  return command
    .option('--url <url>', 'where the gateway is (default: by its wrangler.jsonc)')
    .option('--yes', 'ask nothing', false)
    .option('--dry-run', 'say what would be done, and do nothing', false)
    .option('--json', 'print a report as JSON', false)
}

/** The gateway of the environment that was named. */
export function gatewayOf(
  command: Command,
  argument: string | undefined,
  { env, url }: GatewayFlags,
  say: Say,
): { readonly project: Project; readonly environment: string; readonly gateway: GatewayPort } {
  const project = projectOf(command)
  const environment = environmentOf(project, argument, env)
  const { name = '' } = readWorkerConfig(project.gateway.config, environment)
  const client = openOperatorClient(project, environment, { url, say })
  return { project, environment, gateway: deployedGateway(client, name) }
}

/** What a command that changes keys works with. */
export function keysWorld(
  command: Command,
  argument: string | undefined,
  flags: KeysFlags,
  run: RunWrangler,
  say: Say,
): KeysWorld {
  const { project, environment, gateway } = gatewayOf(command, argument, flags, say)
  return {
    ...{ run, say, gateway },
    worker: { config: project.gateway.config, env: environment },
    leaked: leakedKeysIn(join(stateDirectory(project), `leaked-${environment}.json`), writePrivateFile),
    confirm: confirmation(flags.yes),
    keygen: (args) => Promise.resolve(keygen(...args)),
    now: () => Date.now() / 1000,
    sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  }
}

/** What is wrong with the deployment after a version came to all requests: the smoke test of a deploy. */
export async function serveProblems(
  command: Command,
  argument: string | undefined,
  { env, url }: GatewayFlags,
  version: string,
  say: Say,
): Promise<readonly string[]> {
  const project = projectOf(command)
  const environment = environmentOf(project, argument, env)
  const deployment = deploymentOf(project, environment, url)
  const client = openOperatorClient(project, environment, { url, say })
  say(`Looking at ${deployment.url} …`)
  const { problems, warnings } = await smoke(
    { url: deployment.url, health: () => client.health(), probe: () => client.probe() },
    { version, nameOf: (binding) => binding },
  )
  for (const warning of warnings) say(`Not looked at: ${warning}`)
  return problems
}

/**
 * Prints what came of a command.
 *
 * @throws Error when not all is well: exit code 1
 */
export function finish(report: object, { json }: Pick<KeysFlags, 'json'>, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : text}\n`)
  if ('problem' in report) throw new Error(String(report.problem))
}
