import { text } from 'node:stream/consumers'
import { run } from './run.ts'

// Whoever reads the pipe has gone: there is nobody to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 1 : 3)
})

process.exitCode = await run(process.argv.slice(2), {
  out: (result) => process.stdout.write(result),
  say: (line) => process.stderr.write(`${line}\n`),
  isTerminal: process.stdout.isTTY,
  readInput: () => text(process.stdin),
  now: () => Date.now() / 1000,
})
