import { Command } from 'commander'
import { PROGRAMS } from '../dev/programs.ts'
import { describeKeys, readKeys } from '../rotate/describe-keys.ts'
import type { Slot } from '../rotate/key-slots.ts'
import { describeSlots } from '../rotate/slot-table.ts'
import type { Say } from '../terminal/say.ts'
import { withEnvironment } from './environment-argument.ts'
import { gatewayOf } from './keys-world.ts'

/** `sealgate slots`. */
export function slotsCommand(say: Say): Command {
  const { port, variable } = PROGRAMS.gateway
  return withEnvironment(new Command('slots'))
    .summary('say which slot signs, and which to overwrite next')
    .description(
      'Says which slot signs, which to overwrite next and when, and which keys services hold. Without an environment: of the\n' +
        'gateway that sealgate dev runs.',
    )
    .option('--url <url>', 'where the gateway is (default: by its wrangler.jsonc)')
    .option('--gateway-port <number>', `of sealgate dev; default ${port}, or ${variable}`)
    .option('--json', 'print a report as JSON', false)
    .addHelpText('after', '\nExample:\n  sealgate slots production\n')
    .action(async (argument: string | undefined, flags: SlotsFlags, command: Command) => {
      const isDeployed = argument !== undefined || flags.env !== undefined
      const text = isDeployed
        ? await deployed(command, argument, flags, say)
        : await ofDevelopment(flags.gatewayPort ?? process.env[variable] ?? String(port), flags)
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

async function ofDevelopment(port: string, { json }: SlotsFlags): Promise<string> {
  const url = `http://127.0.0.1:${port}/dev/keys`
  const response = await fetch(url).catch(() => undefined)
  if (!response) throw new Error(`Nothing listens on port ${port}. Type npm start in another terminal first.`)
  if (!response.ok)
    throw new Error(`${url} responded with ${response.status}: that is no gateway of npm start.`)
  const { slots } = (await response.json()) as { readonly slots: readonly Slot[] }
  return json ? JSON.stringify({ slots }, undefined, 2) : describeSlots(slots)
}
