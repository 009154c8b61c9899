import { Command } from 'commander'
import { PROGRAMS } from '../dev/programs.ts'
import { describeSlots, type Slot } from '../dev/slot-table.ts'

/** `sealgate slots`. */
export function slotsCommand(): Command {
  const { port, variable } = PROGRAMS.gateway
  return new Command('slots')
    .summary('say which slot signs, and which to overwrite next')
    .description(
      'Says of the gateway that sealgate dev runs which slot signs, and which to overwrite next.\n\n' +
        'A deployed gateway tells it to operators alone, by Admin.health(). Anybody can see the kid in the header of a\n' +
        'token that was issued just now.',
    )
    .option('--gateway-port <number>', `default ${port}, or ${variable}`)
    .addHelpText('after', '\nExample:\n  sealgate slots\n')
    .action(async ({ gatewayPort }: { gatewayPort?: string }) => {
      process.stdout.write(`${await ask(gatewayPort ?? process.env[variable] ?? String(port))}\n`)
    })
}

async function ask(port: string): Promise<string> {
  const url = `http://127.0.0.1:${port}/dev/keys`
  const response = await fetch(url).catch(() => undefined)
  if (!response) throw new Error(`Nothing listens on port ${port}. Type npm start in another terminal first.`)
  if (!response.ok)
    throw new Error(`${url} responded with ${response.status}: that is no gateway of npm start.`)
  const { slots } = (await response.json()) as { readonly slots: readonly Slot[] }
  return describeSlots(slots)
}
