/** `npm run slots`: which key of the gateway that `npm start` runs signs, and which slot to overwrite next. */
import { parseArgs } from 'node:util'
import { PROGRAMS } from '../dev/options.ts'
import { describeSlots, type Slot } from '../dev/slot-table.ts'

const HELP = `Usage: npm run slots -- [options]

Says of the gateway that npm start runs which slot signs, and which to overwrite next.

  --gateway-port <number>    default ${PROGRAMS.gateway.port}, or GATEWAY_PORT
  --help                     show this

A deployed gateway tells it to operators alone, by Admin.health() (docs/gateway.md). Anybody can see the kid in the
header of a token that was issued just now.
`

try {
  const { values } = parseArgs({
    options: { 'gateway-port': { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  if (values.help) process.stdout.write(HELP)
  else process.stdout.write(`${await ask(values['gateway-port'] ?? process.env.GATEWAY_PORT)}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function ask(port = String(PROGRAMS.gateway.port)): Promise<string> {
  const url = `http://127.0.0.1:${port}/dev/keys`
  const answer = await fetch(url).catch(() => undefined)
  if (!answer) throw new Error(`Nothing answers on port ${port}. Type npm start in another terminal first.`)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: that is no gateway of npm start.`)
  const { slots } = (await answer.json()) as { readonly slots: readonly Slot[] }
  return describeSlots(slots)
}
