import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { putSecret, readSecrets } from './dev-secrets.ts'
import { keygen } from './keygen.ts'
import type { ProgramName } from './system.ts'

/** How long a demo waits for its next key, in seconds. A real rotation takes ten minutes. */
const ACTIVATE_IN_SECONDS = 15

/**
 * Takes orders while the system runs: the page's to rotate, a person's to stop and start a program. It listens on
 * loopback, for whoever shows its secret as a bearer token.
 */
export interface Control {
  /** Orders are POST requests to `/rotate`, `/stop/NAME` and `/start/NAME` below it. It is no secret. */
  readonly url: string
  close(): void
}

/** Stops or starts a program. */
export type OnOrder = (order: 'stop' | 'start', name: ProgramName) => Promise<void> | void

/**
 * @param secret what orders must carry (`controlSecret`)
 * @param onOrder what stops and starts programs; without it nothing does
 */
export async function startControl(secret: string, onOrder?: OnOrder): Promise<Control> {
  const obey = async ({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isSame(headers.authorization ?? '', `Bearer ${secret}`)) {
      answer(response, 401, { error: 'unauthorized', error_description: 'The secret is missing or wrong' })
      return
    }
    const path = method === 'POST' ? (url ?? '') : ''
    const [, order, name] = /^\/(stop|start)\/(auth0|gateway|consumer)$/.exec(path) ?? []
    if (path === '/rotate') {
      answer(response, 200, rotate(Date.now() / 1000))
    } else if (onOrder && order !== undefined && name !== undefined) {
      await onOrder(order as 'stop' | 'start', name as ProgramName)
      answer(response, 200, { program: name, order })
    } else {
      answer(response, 404, { error: 'not_found', error_description: 'There is nothing here' })
    }
  }
  const server = createServer((request, response) => {
    obey(request, response).catch((error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error)
      answer(response, 409, { error: 'order_denied', error_description: problem })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the control server has no port')
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() }
}

/** Compares in constant time. */
function isSame(one: string, other: string): boolean {
  const [hash, otherHash] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return hash !== undefined && otherHash !== undefined && timingSafeEqual(hash, otherHash)
}

/**
 * Overwrites the slot that does not sign, as the README says to.
 *
 * @throws Error while the last key is not yet signing: its slot must not be overwritten
 */
function rotate(now: number): { kid: string; slot: string; activateInSeconds: number } {
  const slots = [...readSecrets()].flatMap(([name, value]) => {
    if (!name.startsWith('GATEWAY_PRIVATE_')) return []
    const { nbf } = JSON.parse(value) as { nbf: number }
    return [{ name, nbf }]
  })
  if (slots.some(({ nbf }) => nbf > now))
    throw new Error('the last key does not sign yet; wait a few seconds')
  // The latest nbf signs; of equals, the first.
  const [, spare] = slots.sort((one, other) => other.nbf - one.nbf)
  if (!spare) throw new Error('there is no slot to overwrite')
  const kid = `demo-${new Date(now * 1000).toISOString().slice(11, 19).replaceAll(':', '')}`
  const key = keygen(`--kid=${kid}`, `--activate-in=${ACTIVATE_IN_SECONDS}s`, '--force', '--private')
  putSecret(spare.name, key)
  return { kid, slot: spare.name, activateInSeconds: ACTIVATE_IN_SECONDS }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
