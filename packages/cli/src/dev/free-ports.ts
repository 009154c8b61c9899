import { createServer } from 'node:net'
import type { Ports } from './programs.ts'

/** Three ports that are free now. */
export async function freePorts(): Promise<Ports> {
  const [gateway, auth0, consumer] = await Promise.all([freePort(), freePort(), freePort()])
  return { gateway, auth0, consumer }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
