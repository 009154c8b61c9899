/** What reads text on a developer's machine takes time in proportion to it, as what outsiders reach does (`linear/`). */
import { expect, it } from 'vitest'
import { parseSecrets } from '../../packages/cli/src/deploy/secret-file.ts'
import { secretsIn } from '../../packages/cli/src/dev/secrets-file.ts'
import { Gathered } from '../../packages/cli/src/why/gathered.ts'
import { JsonRecords } from '../../packages/cli/src/why/json-records.ts'
import { render } from '../../packages/cli/src/why/render.ts'
import { reportOf } from '../../packages/cli/src/why/report.ts'
import { readInspected } from '../../packages/cli/src/wrangler/inspected.ts'
import { readArguments } from '../../packages/keygen/src/args.ts'
import { readAllPublicKeys, readKeyPairs } from '../../packages/keygen/src/dotenv.ts'
import { readDuration } from '../../packages/keygen/src/durations.ts'
import { shown } from '../../packages/keygen/src/errors.ts'
import { readText } from '../../packages/keygen/src/files.ts'
import { isKid, readKeyPair, readPublicKeys } from '../../packages/keygen/src/keys.ts'
import { FEW_SHAPES } from './linear/hostile.ts'
import { reading, type Row, sweep } from './linear/row.ts'

const KEY = { kty: 'OKP', crv: 'Ed25519', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

/** A line of the log that `sealgate why` finds, with a text in it that somebody else chose. */
const loggedLine = (text: string): object => ({
  ...{
    ts: '2026-11-28T07:00:00.000Z',
    level: 'warn',
    event: 'request',
    schema: 1,
    request_id: 'a',
    decision: 'denied',
  },
  ...{ service: text, reason: text, detail: text, rule: text, held: text, kid: text },
})

const ROWS: readonly Row[] = [
  {
    name: 'lines of the log',
    of: [
      'packages/cli/src/why/json-records.ts',
      'packages/cli/src/why/logged-values.ts',
      'packages/cli/src/why/advice.ts',
      'packages/cli/src/why/render.ts',
    ],
    maxSize: 16_384,
    shapes: FEW_SHAPES,
    around: [
      (text) => text,
      (text) => `{\n${text}`,
      (text) => '{}\n'.repeat(text.length / 3),
      (text) => JSON.stringify(loggedLine(text)),
      (text) => JSON.stringify({ logs: [{ message: [text, JSON.stringify(loggedLine(text))] }] }),
    ],
    reader: reading((text) => {
      const records = new JsonRecords()
      const gathered = new Gathered('a')
      for (const record of [...records.push(text), ...records.end()]) gathered.addRecord(record)
      const looked = { where: '', kept: '', unreadable: records.unreadable }
      return render(reportOf('a', gathered, looked), (_, line) => line)
    }),
  },
  {
    name: 'objects as workerd prints them',
    of: ['packages/cli/src/wrangler/inspected.ts'],
    maxSize: 65_536,
    shapes: FEW_SHAPES,
    around: [(text) => text, (text) => `{ a: '${text}`, (text) => `{ a: '${text}' }`, (text) => `{ ${text}`],
    reader: reading(readInspected),
  },
  {
    name: 'arguments',
    of: ['packages/keygen/src/args.ts', 'packages/keygen/src/errors.ts'],
    around: [(text) => text, (text) => `--kid=${text}`, (text) => `--${text}`],
    reader: reading((text) => [readArguments([text], 'kit-keygen', ['kid']), shown(text, '')]),
  },
  {
    name: 'durations',
    of: ['packages/keygen/src/durations.ts'],
    around: [(text) => text, (text) => `${text}d`],
    reader: reading((text) => readDuration(text, 'expires-in')),
  },
  {
    name: 'key files',
    of: ['packages/keygen/src/keys.ts', 'packages/keygen/src/files.ts'],
    maxSize: 65_536,
    around: [
      (text) => text,
      (text) => JSON.stringify({ ...KEY, d: text }),
      (text) => JSON.stringify({ ...KEY, kid: text, d: KEY.x }),
    ],
    reader: reading(async (text) => {
      isKid(text)
      await readText(chunksOf(text))
      await readPublicKeys(text)
      await readKeyPair(text)
    }),
  },
  {
    name: 'keys in a .dev.vars',
    of: ['packages/keygen/src/dotenv.ts'],
    maxSize: 65_536,
    around: [
      (text) => text,
      (text) => ` ${text}`,
      (text) => `export ${text}=`,
      (text) => `A='${JSON.stringify({ ...KEY, d: text })}'`,
      (text) => `A='{"kty":1}'\n`.repeat(text.length / 14),
    ],
    reader: reading(async (text) => {
      await readAllPublicKeys(text)
      await readKeyPairs(text)
    }),
  },
  {
    name: '.dev.vars',
    of: ['packages/cli/src/dev/secrets-file.ts'],
    around: [(text) => text, (text) => `A='${text}`, (text) => `A='${text}'`],
    reader: reading(secretsIn),
  },
  {
    name: 'a file of secrets',
    of: ['packages/cli/src/deploy/secret-file.ts'],
    around: [(text) => text, (text) => `SESSION_SECRET="${text}`, (text) => `{"SESSION_SECRET":${text}`],
    reader: reading((text) => parseSecrets(text, 'gateway', [{ name: 'SESSION_SECRET', what: '' }])),
  },
]

it.each(ROWS.map((row) => [row.name, row] as const))(
  '%s are read in linear time',
  { retry: 2 },
  async (_, row) => {
    expect((await sweep(row)).superlinear).toEqual([])
  },
)

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable, as standard input is one
async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let start = 0; start < bytes.length; start += 1024) yield bytes.subarray(start, start + 1024)
}
