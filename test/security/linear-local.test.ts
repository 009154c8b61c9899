/** What reads text on a developer's machine takes time in proportion to it, as what outsiders reach does (`linear/`). */
import { expect, it } from 'vitest'
import { parseSecrets } from '../../packages/cli/src/deploy/secret-file.ts'
import { secretsIn } from '../../packages/cli/src/dev/secrets-file.ts'
import { readArguments } from '../../packages/keygen/src/args.ts'
import { readAllPublicKeys, readKeyPairs } from '../../packages/keygen/src/dotenv.ts'
import { readDuration } from '../../packages/keygen/src/durations.ts'
import { shown } from '../../packages/keygen/src/errors.ts'
import { readText } from '../../packages/keygen/src/files.ts'
import { isKid, readKeyPair, readPublicKeys } from '../../packages/keygen/src/keys.ts'
import { reading, type Row, sweep } from './linear/row.ts'

const KEY = { kty: 'OKP', crv: 'Ed25519', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

const ROWS: readonly Row[] = [
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
  { timeout: 60_000, retry: 2 },
  async (_, row) => {
    expect((await sweep(row)).superlinear).toEqual([])
  },
)

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable, as standard input is one
async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let start = 0; start < bytes.length; start += 1024) yield bytes.subarray(start, start + 1024)
}
