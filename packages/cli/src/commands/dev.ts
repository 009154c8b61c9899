import { Command } from 'commander'
import { runDevSystem } from '../dev/run-system.ts'
import type { Say } from '../terminal/say.ts'
import { callbackOption } from './callback-option.ts'
import { projectOf } from './project-option.ts'

/** `sealgate dev`, which `npm start` runs. */
export function devCommand(say: Say): Command {
  return new Command('dev')
    .summary('run mock IdP, gateway and services on this machine')
    .description(
      'Starts the mock IdP, the gateway and every service of the project on this machine, and stops them on Ctrl-C. Code, ' +
        'configuration and secrets are reloaded when they change. Ports are 8787 and those that follow, or the next free ones. ' +
        'A service with the variable LOCAL_MODEL_URL finds in it the address of a model of fixed rules, which speaks OpenAI’s ' +
        'chat completions.',
    )
    .option('--gateway-port <number>', 'default 8787, or GATEWAY_PORT')
    .option('--idp-port <number>', 'the mock IdP; default 8788, or IDP_PORT')
    .option(
      '--service-port <name=number>',
      'may be repeated; default 8789 and so on, or <NAME>_PORT',
      (text: string, earlier: readonly string[]) => [...earlier, text],
      [],
    )
    .addOption(callbackOption('one more callback URL that the mock IdP allows, of an app of your own'))
    .option('--verbose', 'show what wrangler says besides', false)
    .addHelpText('after', '\nExample:\n  sealgate dev --gateway-port 9000 --service-port reports=9001\n')
    .action(async ({ gatewayPort, idpPort, servicePort, callback, verbose }: DevFlags, command: Command) => {
      const flags = {
        ...(gatewayPort !== undefined && { gateway: gatewayPort }),
        ...(idpPort !== undefined && { idp: idpPort }),
        services: servicePort,
      }
      const project = projectOf(command)
      await runDevSystem(
        { project, flags, env: process.env, callbackUrls: callback, isVerbose: verbose },
        say,
      )
    })
}

interface DevFlags {
  readonly gatewayPort?: string
  readonly idpPort?: string
  readonly servicePort: readonly string[]
  readonly callback: readonly string[]
  readonly verbose: boolean
}
