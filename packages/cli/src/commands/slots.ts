import { Command } from 'commander'
import { readDevSlots } from '../rotate/dev-slots.ts'
import { describeKeys, readKeys } from '../rotate/describe-keys.ts'
import { describeSlots } from '../rotate/slot-table.ts'
import type { Say } from '../terminal/say.ts'
import { withEnvironment } from './environment-argument.ts'
import { gatewayOf } from './keys-world.ts'
import { projectOf } from './project-option.ts'

/** `sealgate slots`. */
export function slotsCommand(say: Say): Command {
  return withEnvironment(new Command('slots'))
    .summary('say which slot signs, and which to overwrite next')
    .description(
      'Says which slot signs, which to overwrite next and when, and which keys services hold. Without an environment: of the ' +
        'gateway that sealgate dev runs.',
    )
    .option('--url <url>', 'where the gateway is (default: by its wrangler.jsonc)')
    .option('--gateway-port <number>', 'which sealgate dev, when several run')
    .option('--json', 'print a report as JSON', false)
    .addHelpText('after', '\nExample:\n  sealgate slots production\n')
    .action(async (argument: string | undefined, flags: SlotsFlags, command: Command) => {
      const isDeployed = argument !== undefined || flags.env !== undefined
      const text = isDeployed
        ? await deployed(command, argument, flags, say)
        : await ofDevelopment(command, flags)
      process.stdout.write(`${text}\n`)
    })
}

interface SlotsFlags {
  readonly env?: string
  readonly url?: string
  readonly gatewayPort?: string
  readonly json: boolean
}

async function deployed(
  command: Command,
  argument: string | undefined,
  flags: SlotsFlags,
  say: Say,
): Promise<string> {
  const { gateway } = gatewayOf(command, argument, flags, say)
  const report = await readKeys(gateway)
  return flags.json ? JSON.stringify(report, undefined, 2) : describeKeys(report)
}

async function ofDevelopment(command: Command, { gatewayPort, json }: SlotsFlags): Promise<string> {
  const slots = await readDevSlots(projectOf(command), gatewayPort)
  return json ? JSON.stringify({ slots }, undefined, 2) : describeSlots(slots)
}
