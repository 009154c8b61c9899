import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { UsageError } from '../errors.ts'
import type { Project } from '../project/find-project.ts'
import { devFolderName, EARLIER_LINES_FILE, LINES_FILE, runningDevPorts } from '../project/running-dev.ts'
import type { Gathered } from './gathered.ts'
import { JsonRecords } from './json-records.ts'
import type { Looked } from './looked.ts'

type Chunks = AsyncIterable<Uint8Array | string>

/** How often the development system is looked at again for a request that has just ended, and how long after, in milliseconds. */
const LOOKS = 5
const LOOK_MS = 200

/**
 * Looks at the lines that `sealgate dev` keeps while it runs.
 *
 * @param port its gateway's; unset: every system of the project
 * @throws UsageError when none runs
 */
export async function lookInDev(
  { root }: Pick<Project, 'root'>,
  port: string | undefined,
  gathered: Gathered,
): Promise<Looked> {
  const ports = runningDevPorts(root).filter((one) => port === undefined || one === port)
  if (ports.length === 0) {
    const which = port === undefined ? 'for this project' : `with its gateway on port ${port}`
    throw new UsageError(
      `No development system runs ${which}, and its lines end with it. Type npm start in another terminal first; or say where the lines are: --env <name>, --file <file>`,
    )
  }
  const files = ports.flatMap((one) =>
    [EARLIER_LINES_FILE, LINES_FILE].map((name) => join(root, '.sealgate', devFolderName(Number(one)), name)),
  )
  let records = new JsonRecords()
  // A line may be on its way: it is written after the response.
  for (let look = 0; look < LOOKS && gathered.lines.length === 0; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    records = new JsonRecords()
    gathered.restart()
    for (const file of files) {
      if (existsSync(file)) await readAll(createReadStream(file), records, gathered)
    }
  }
  return {
    where: `the development system with its gateway on port ${ports.join(', ')}`,
    kept: 'Lines are kept while it runs, for half an hour to an hour, and 8 MiB of them.',
    unreadable: records.unreadable,
  }
}

/**
 * Looks at a file, `.gz` too, or at stdin.
 *
 * @param file `-` is stdin
 * @throws UsageError for a file that is not there
 */
export async function lookInFile(file: string, gathered: Gathered): Promise<Looked> {
  const records = new JsonRecords()
  try {
    await readAll(file === '-' ? process.stdin : openFile(file), records, gathered)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new UsageError(`${file} cannot be read: ${error.message}`)
  }
  return {
    where: file === '-' ? 'what came on stdin' : file,
    kept: 'Lines of kit and gateway are read out of NDJSON of Logpush or Workers Logs, and out of wrangler tail --format json.',
    unreadable: records.unreadable,
  }
}

function openFile(file: string): Chunks {
  const stream = createReadStream(file)
  if (!file.endsWith('.gz')) return stream
  const unpacked = createGunzip()
  stream.once('error', (error) => unpacked.destroy(error))
  return stream.pipe(unpacked)
}

async function readAll(chunks: Chunks, records: JsonRecords, gathered: Gathered): Promise<void> {
  for await (const chunk of chunks) {
    for (const record of records.push(chunk)) gathered.addRecord(record)
  }
  for (const record of records.end()) gathered.addRecord(record)
}
