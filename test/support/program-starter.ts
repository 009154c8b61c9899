/** Starts a program that starts another, prints the process id of that one, and is killed. */
import { startProgram } from './program.ts'

startProgram({
  name: 'shell',
  command: 'sh',
  args: ['-c', 'sleep 600 & echo $!; wait'],
  env: {},
  onLine: (line) => {
    process.stdout.write(line, () => process.kill(process.pid, 'SIGKILL'))
  },
})
