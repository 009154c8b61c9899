/** Runs a program, and ends it with all that it started when whoever started this is gone. It leads a process group. */
import { spawn } from 'node:child_process'
import process from 'node:process'

const [command, ...args] = process.argv.slice(2)
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
child.once('exit', (code) => process.exit(code ?? 1))
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
// The group was told, the program among it: it ends as it likes.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined)
