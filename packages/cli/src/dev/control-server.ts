import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { controlSecret, slotsOf } from './dev-secrets.ts'
import { keygen } from '../project/keygen.ts'
import type { DevPlan } from './dev-plan.ts'
import { putSecrets, readSecrets } from './secrets-file.ts'

/** How long a demo waits for its next key, in seconds. A real rotation takes ten minutes. */
const ACTIVATE_IN_SECONDS = 15

/**
 * Takes orders while the system runs: the page's to rotate and to explain a denial, a person's to stop and start a program. It listens on
 * loopback, for whoever shows its secret as a bearer token.
 */
export interface Control {
  /** Orders are POST requests to `/rotate`, `/why/REQUEST_ID`, `/stop/NAME` and `/start/NAME` below it. It is no secret. */
  readonly url: string
  close(): void
}

/** What stops and starts programs, and knows their logs. */
export interface Orders {
  /** The programs that there are. */
  readonly names: readonly string[]
  obey(order: 'stop' | 'start', name: string): Promise<void> | void
  /** Why a request was denied, for the page. */
  explain(requestId: string): Promise<object>
}

/** The secret of the plan's gateway is what orders must carry. */
export async function startControl(plan: DevPlan, orders: Orders): Promise<Control> {
  const secret = controlSecret(plan)
  const obey = async ({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isSame(headers.authorization ?? '', `Bearer ${secret}`)) {
      answer(response, 401, { error: 'unauthorized', error_description: 'The secret is missing or wrong' })
      return
    }
    const path = method === 'POST' ? (url ?? '') : ''
    const [, order, name = ''] = path.split('/')
    if (path === '/rotate') {
      answer(response, 200, rotate(plan, Date.now() / 1000))
    } else if (order === 'why' && name !== '') {
      answer(response, 200, await orders.explain(name))
    } else if ((order === 'stop' || order === 'start') && orders.names.includes(name)) {
      await orders.obey(order, name)
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
function rotate({ gateway }: DevPlan, now: number): { kid: string; slot: string; activateInSeconds: number } {
  const present = readSecrets(gateway.secretsFile)
  const slots = slotsOf(gateway).map((name) => {
    const value = present.get(name)
    const { nbf } = (value === undefined ? { nbf: 0 } : JSON.parse(value)) as { nbf: number }
    return { name, nbf }
  })
  if (slots.some(({ nbf }) => nbf > now))
    throw new Error('the last key does not sign yet; wait a few seconds')
  // The latest nbf signs; of equals, the first.
  const [, spare] = slots.sort((one, other) => other.nbf - one.nbf)
  if (!spare) throw new Error('there is no slot to overwrite: JWT_PRIVATE_JWK_NAME names two')
  const kid = `demo-${new Date(now * 1000).toISOString().slice(11, 19).replaceAll(':', '')}`
  const key = keygen(`--kid=${kid}`, `--activate-in=${ACTIVATE_IN_SECONDS}s`, '--force', '--private')
  putSecrets(gateway.secretsFile, new Map([[spare.name, key]]))
  return { kid, slot: spare.name, activateInSeconds: ACTIVATE_IN_SECONDS }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
