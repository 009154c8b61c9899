import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Fixtures } from '../measure/fixtures.ts'
import { spreadOf, type Spread } from '../measure/stats.ts'

/** What a verified token takes in memory while its verdict is kept. */
export interface TokenMemory {
  readonly name: string
  /** Bytes of heap for each token, the token among them. */
  readonly bytes: Spread
  /** Mean length of the tokens. */
  readonly tokenBytes: number
}

/** Measures in a Node of its own, which can be told to collect garbage: V8 keeps the same objects on workerd. */
export async function measureMemory(fixtures: Fixtures): Promise<readonly TokenMemory[]> {
  const program = join(import.meta.dirname, '../measure/memory-program.ts')
  const child = spawn(process.execPath, ['--expose-gc', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ ...fixtures, strangers: [] }))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0) throw new Error('the program that measures memory failed')
  const found = JSON.parse(text) as readonly { name: string; bytes: number[]; tokenBytes: number }[]
  return found.map(({ name, bytes, tokenBytes }) => ({ name, bytes: spreadOf(bytes), tokenBytes }))
}
