import { printable } from '../terminal/printable.ts'
import type { Colour } from '../terminal/colour.ts'
import { type Row, rowsOf, whoOf } from './describe-hop.ts'
import { headlineOf, type Report, type ReportedAttempt } from './report.ts'
import type { Hop } from './walk.ts'

const WIDTH = 110
const NAME_WIDTH = 13

/** The walk of a request, hop by hop, and what to do. No text of a line moves the cursor. */
export function render(report: Report, colour: Colour): string {
  const { request_id, attempts, advice, around } = report
  const isRepeated = attempts.length > 1
  const isShared = isRepeated || attempts.some(({ hops }) => hops.filter(isAtGateway).length > 1)
  const lines = [
    ...attempts.flatMap((attempt, index) => [
      isRepeated
        ? `Request ${request_id}, attempt ${index + 1} of ${attempts.length}`
        : `Request ${request_id}`,
      ...attemptLines(attempt, colour),
      '',
    ]),
    ...(around.length === 0 ? [] : ['Around that time', '']),
    ...around.flatMap(({ line, meaning, todo }) => [
      ...wrapped(
        `${timeOf(Date.parse(line.ts ?? ''))}  ${line.service ?? ''}  ${line.event}: ${line.detail ?? meaning ?? ''}`,
        2,
      ),
      ...(todo === undefined ? [] : wrapped(todo, 16)),
      '',
    ]),
    ...(advice.length === 0 ? [] : [colour('bold', 'What to do'), '']),
    ...advice.flatMap(({ reason, meaning, often, todo }) => [
      ...wrapped(`${reason}: ${meaning}${often === undefined ? '' : ` (most often: ${often})`}`, 2),
      ...wrapped(`→ ${todo === '' ? 'nothing' : todo}`, 4),
      '',
    ]),
    ...remarks(report),
    ...(isShared ? wrapped(SHARED, 0) : []),
  ]
  return lines.join('\n').trimEnd()
}

const SHARED =
  'The id came more than once. A client chooses it: these requests need not all be of one caller.'

function isAtGateway({ line }: Hop): boolean {
  return line.event === 'request'
}

function attemptLines(attempt: ReportedAttempt, colour: Colour): readonly string[] {
  const { outcome, hops, trace_id, is_service_silent } = attempt
  const [first] = hops
  const day = first && first.at !== Infinity ? new Date(first.at).toISOString().slice(0, 10) : undefined
  const place = [day && `${day}, times in UTC`, trace_id && `trace ${trace_id}`].filter(
    (one) => one !== undefined,
  )
  return [
    colour(outcome === 'granted' ? 'green' : 'red', printable(headlineOf(attempt))),
    ...(place.length === 0 ? [] : [colour('dim', printable(place.join('; ')))]),
    '',
    ...hops.flatMap((hop) => [...hopLines(hop), '']).slice(0, -1),
    ...(is_service_silent ? ['', ...wrapped(SILENT, 2)] : []),
  ]
}

const SILENT =
  'No line of the service is among them. Either the request did not reach it (is it running?), it does not run the kit’s guard, its LOG_LEVEL is off, or its lines are elsewhere.'

function hopLines(hop: Hop): readonly string[] {
  return [printable(`  ${timeOf(hop.at)}  ${whoOf(hop)}`), ...rowsOf(hop).flatMap(rowLines)]
}

function rowLines([name, text]: Row): readonly string[] {
  const [first = '', ...rest] = wrapped(text, 16 + NAME_WIDTH)
  return [' '.repeat(16) + name.padEnd(NAME_WIDTH) + first.trimStart(), ...rest]
}

/** What could be missing, and what was skipped. */
export function remarks({ read }: Pick<Report, 'read'>): readonly string[] {
  const { dropped, leftOut, asText, otherSchema, schemas, broken, tooLong } = read
  const all: readonly (string | false)[] = [
    dropped > 0 &&
      `${counted(dropped, 'line')} not written, because there were too many in a second: a hop may be missing.`,
    leftOut > 0 && `${counted(leftOut, 'more line')} of this id left out.`,
    asText > 0 &&
      `${counted(asText, 'line')} came as text: a Worker that logs what callers send may have written it for one of them.`,
    otherSchema > 0 &&
      `${counted(otherSchema, 'line')} skipped: of the schema ${schemas.join(', ')}, which this sealgate does not read: update it, or the Workers.`,
    broken + tooLong > 0 && `${counted(broken + tooLong, 'record')} skipped: broken JSON, or over 4 MiB.`,
  ]
  return all.filter((one) => one !== false).flatMap((one) => wrapped(one, 0))
}

/** That there is nothing of a request: where it was looked, and why it might not be there. */
export function renderUnknown({ request_id, where, kept, read, ...rest }: Report): string {
  const { lines, foreign, text, oldest, newest } = read
  const range = oldest === undefined || newest === undefined ? '' : `, from ${oldest} to ${newest}`
  const others = foreign + text === 0 ? '' : `, and ${foreign + text} not of kit or gateway`
  return [
    `Nothing was logged of request ${request_id}.`,
    '',
    `Looked in ${where}: ${counted(lines, 'line')}${range}${others}. ${kept}`,
    '',
    'Denials and failures are logged by default. A request that was granted is logged with LOG_LEVEL=debug alone, and nothing with LOG_LEVEL=off. What a service says of a caller that it let in, such as 404, is no denial. The id is in X-Request-Id of every response of the gateway, and request_id of every error body.',
    ...remarks({ read, ...rest }),
  ]
    .flatMap((one) => wrapped(one, 0))
    .join('\n')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function timeOf(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString().slice(11, 23) : '            '
}

/** Text as lines of a terminal, at its spaces, behind an indentation. */
function wrapped(text: string, indent: number): readonly string[] {
  const margin = ' '.repeat(indent)
  const lines = ['']
  for (const word of printable(text).split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && margin.length + line.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => `${margin}${line}`.trimEnd())
}
