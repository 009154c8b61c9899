import { randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { putSecret, readSecrets } from './dev-secrets.ts'
import { keygen } from './keygen.ts'

/** How long a demo waits for its next key, in seconds. A real rotation takes ten minutes. */
const ACTIVATE_IN_SECONDS = 15

/** What the page of the development system may ask for. It listens on loopback, behind an address nobody can guess. */
export interface Control {
  readonly url: string
  close(): void
}

export async function startControl(): Promise<Control> {
  const secret = randomBytes(16).toString('hex')
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== `/${secret}/rotate`) {
      answer(response, 404, { error: 'not_found', error_description: 'There is nothing here' })
      return
    }
    try {
      answer(response, 200, rotate(Date.now() / 1000))
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      answer(response, 409, { error: 'rotation_refused', error_description: problem })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the control server has no port')
  return { url: `http://127.0.0.1:${address.port}/${secret}`, close: () => server.close() }
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
