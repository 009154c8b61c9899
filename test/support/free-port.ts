import { createServer } from 'node:net'

/** Below what a system gives to those who take any port (Linux: from 32,768), so that none of them takes it first. */
const FIRST = 20_000
const COUNT = 12_000
/** Processes of tests that run at the same time have ids near each other: each begins this far from the next. */
const APART = 97

let next = process.pid * APART

/** A port of loopback that is free, and that this process has not returned before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + (next++ % COUNT)
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

/** Whether a port of loopback can be listened on. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
