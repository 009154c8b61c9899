import { createServer } from 'node:net'
import { UsageError } from '../errors.ts'
import { type Ports, PROGRAMS } from './programs.ts'

/** @throws UsageError naming the flag and the variable, when a port is taken */
export async function checkPorts(ports: Ports): Promise<void> {
  for (const program of ['gateway', 'auth0', 'consumer'] as const) {
    if (await isFree(ports[program])) continue
    const { flag, variable } = PROGRAMS[program]
    throw new UsageError(
      `Port ${ports[program]} is taken. Choose another for it: --${flag} <number>, or set ${variable}.`,
    )
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
