import { Command, InvalidArgumentError } from 'commander'
import { SaidAlready } from '../errors.ts'
import { colourFor } from '../terminal/colour.ts'
import { printableJson } from '../terminal/printable.ts'
import type { Say } from '../terminal/say.ts'
import { Gathered } from '../why/gathered.ts'
import { look, type Place } from '../why/look.ts'
import { render, renderUnknown } from '../why/render.ts'
import { reportOf } from '../why/report.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { type StartTail, tailWith } from '../wrangler/tail.ts'
import { projectOf } from './project-option.ts'

const NOTES = `
What is granted is logged with LOG_LEVEL=debug alone. Exit code 0: something was found; 1: nothing was, or a failure.

Examples:
  sealgate why 5f1c0d52-7a01-4c86-9a3e-0f6b7a3c2d11
  sealgate why 5f1c0d52-7a01-4c86-9a3e-0f6b7a3c2d11 --env production
  sealgate why 5f1c0d52-7a01-4c86-9a3e-0f6b7a3c2d11 --env production --tail
  sealgate why 5f1c0d52-7a01-4c86-9a3e-0f6b7a3c2d11 --file logs.json.gz
`

interface WhyFlags extends Place {
  readonly json: boolean
}

/** `sealgate why`. */
export function whyCommand(run: RunWrangler, say: Say, start: StartTail = tailWith()): Command {
  return new Command('why')
    .summary('say why a request was denied, hop by hop, and what to do')
    .description(
      'Joins the log lines of gateway and services for one request: what came to identify the caller, who checked it, which ' +
        'rule failed, what the caller has, and what to do. It looks at the development system that runs; with an environment, ' +
        'at Workers Logs there, or at a tail of its Workers; or at a file.',
    )
    .argument('<request id>', 'from X-Request-Id of the response, or request_id of an error’s body')
    .option('--env <name>', 'look in Workers Logs of this environment of the gateway’s wrangler.jsonc')
    .option('--tail', 'tail its Workers until the request comes', false)
    .option('--timeout <seconds>', 'how long to tail', readSeconds, 120)
    .option(
      '--file <file>',
      'look in this file: NDJSON of Logpush or Workers Logs, or wrangler tail --format json; - is stdin',
    )
    .option('--gateway-port <number>', 'which sealgate dev, when several run')
    .option('--json', 'print a report as JSON', false)
    .addHelpText('after', NOTES)
    .action(async (requestId: string, { json, ...place }: WhyFlags, command: Command) => {
      const gathered = new Gathered(requestId)
      const project = (): ReturnType<typeof projectOf> => projectOf(command)
      const looked = await look(requestId, place, { project, run, start, say }, gathered)
      const report = reportOf(requestId, gathered, looked)
      const text = report.found ? render(report, colourFor(process.stdout)) : renderUnknown(report)
      process.stdout.write(`${json ? printableJson(report) : text}\n`)
      if (!report.found) throw new SaidAlready()
    })
}

function readSeconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('A number of seconds, such as 120.')
}
