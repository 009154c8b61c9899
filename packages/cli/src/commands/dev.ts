import { Command } from 'commander'
import { type PortFlags, PROGRAMS, readPorts } from '../dev/programs.ts'
import { runDevSystem } from '../dev/run-system.ts'
import type { Say } from '../terminal/say.ts'

/** `sealgate dev`, which `npm start` runs. */
export function devCommand(say: Say): Command {
  const command = new Command('dev')
    .summary('run mock IdP, gateway and consumer on this machine')
    .description(
      'Starts the mock IdP, the gateway and the consumer on this machine, and stops them on Ctrl-C.',
    )
  for (const { flag, variable, port } of Object.values(PROGRAMS)) {
    command.option(`--${flag} <number>`, `default ${port}, or ${variable}`)
  }
  return command
    .option('--verbose', 'show what the programs print', false)
    .addHelpText('after', '\nExample:\n  sealgate dev --gateway-port 9000\n')
    .action(async ({ gatewayPort, auth0Port, consumerPort, verbose }: DevFlags) => {
      const flags: PortFlags = {
        ...(gatewayPort !== undefined && { gateway: gatewayPort }),
        ...(auth0Port !== undefined && { auth0: auth0Port }),
        ...(consumerPort !== undefined && { consumer: consumerPort }),
      }
      await runDevSystem({ ports: readPorts(flags, process.env), isVerbose: verbose }, say)
    })
}

interface DevFlags {
  readonly gatewayPort?: string
  readonly auth0Port?: string
  readonly consumerPort?: string
  readonly verbose: boolean
}
