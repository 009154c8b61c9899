import { UsageError, type WorkerDefinition } from './project/workers.ts'

/** A terminal, as far as prompts need it. */
export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/**
 * Asks for each secret of a Worker, and shows nothing of what is typed. An empty line leaves a secret as it is.
 *
 * @throws UsageError without a terminal
 */
export async function promptSecrets(
  worker: WorkerDefinition,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<ReadonlyMap<string, string>> {
  if (!input.isTTY) throw new UsageError('There is no terminal to ask on: use --file')
  const secrets = new Map<string, string>()
  for (const { name, what } of worker.secrets) {
    output.write(`${name} (${what}; empty leaves it as it is): `)
    const value = (await readHidden(input)).trimEnd()
    output.write(value === '' ? '—\n' : `${value.length} characters\n`)
    if (value !== '') secrets.set(name, value)
  }
  return secrets
}

/** One line, typed without an echo. */
function readHidden(input: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    const end = (): void => {
      input.setRawMode(false)
      input.pause()
      input.off('data', onData)
    }
    const onData = (chunk: Buffer): void => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') {
          end()
          resolve(line)
          return
        }
        if (character === '\u0003') {
          end()
          reject(new UsageError('Stopped; nothing was uploaded.'))
          return
        }
        line = character === '\u007f' || character === '\b' ? line.slice(0, -1) : line + character
      }
    }
    input.setRawMode(true)
    input.on('data', onData)
    input.resume()
  })
}
