/** The process around `run`: importing this file runs the command line. */
import { isFileOpenToOthers } from './files.ts'
import { run } from './run.ts'

const { stdout, stderr } = process

// The write that failed reports a reader who has gone; for messages there is nobody left to tell.
stdout.on('error', () => undefined)
stderr.on('error', () => undefined)

process.exitCode = await run(process.argv.slice(2), {
  out: (text) =>
    new Promise((resolve, reject) => {
      stdout.write(text, (error) => {
        if (error) reject(error)
        else resolve()
      })
    }),
  say: (line) => {
    stderr.write(`${line}\n`)
  },
  isTerminal: stdout.isTTY,
  isOpenToOthers: isFileOpenToOthers(stdout.fd),
  get input() {
    return process.stdin
  },
  now: () => Date.now() / 1000,
})
