import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import type { DevPlan, DevWorker } from './dev-plan.ts'
import { choosePorts } from './ports.ts'

const worker = (name: string): DevWorker => ({
  name,
  dir: '',
  config: '',
  vars: {},
  kv_namespaces: [],
  workerName: name,
  services: new Map(),
  secretsFile: '',
})
const plan: DevPlan = { root: '', gateway: worker('edge'), services: [worker('reports'), worker('my-chat')] }

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A port that is taken, or, if it is taken already, that port. */
async function take(port = 0): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise((resolve) =>
    server.once('error', resolve).listen(port, '127.0.0.1', () => resolve(undefined)),
  )
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}

const none = { services: [] }
const quiet = (): undefined => undefined

describe('choosePorts', () => {
  it('moves a port that is taken up to the next free one, and says which moved', async () => {
    await take(8787)
    const said: string[] = []
    const ports = await choosePorts(plan, none, {}, (line) => void said.push(line))
    const chosen = [...ports.values()]
    expect([...ports.keys()]).toEqual(['edge', 'mock-idp', 'reports', 'my-chat'])
    expect(new Set(chosen).size).toBe(4)
    expect(ports.get('edge')).toBeGreaterThan(8787)
    expect(said).toContain(`Port 8787 is taken: edge listens on ${ports.get('edge') ?? 0}.`)
  })

  it('takes ports from flags, else from variables', async () => {
    const [one, two, three] = [await take(), await take(), await take()].map(String)
    for (const server of servers.splice(0)) server.close()
    const env = { GATEWAY_PORT: '1', MY_CHAT_PORT: two, IDP_PORT: three }
    const ports = await choosePorts(plan, { gateway: one ?? '', services: [] }, env, quiet)
    expect([ports.get('edge'), ports.get('my-chat'), ports.get('mock-idp')].map(String)).toEqual([
      one,
      two,
      three,
    ])
  })

  it('fails when a port that was named is taken, and says which flag and variable change it', async () => {
    const taken = String(await take())
    await expect(choosePorts(plan, { services: [`reports=${taken}`] }, {}, quiet)).rejects.toThrow(
      `Port ${taken} is taken. Choose another for it: --service-port reports=<number>, or set REPORTS_PORT.`,
    )
    await expect(choosePorts(plan, none, { GATEWAY_PORT: taken }, quiet)).rejects.toThrow(
      /--gateway-port .*GATEWAY_PORT/,
    )
  })

  it.each([
    [
      'a gateway port',
      { gateway: '0', services: [] },
      '--gateway-port <number> (GATEWAY_PORT) must be a port',
    ],
    ['a port of the mock IdP', { idp: 'x', services: [] }, '--idp-port <number> (IDP_PORT) must be a port'],
    ['a port of a service', { services: ['reports=65536'] }, '(REPORTS_PORT) must be a port'],
    ['a service', { services: ['nope=9000'] }, 'the services are: reports, my-chat'],
    ['a flag without a name', { services: ['9000'] }, '--service-port takes <service>=<number>'],
    ['one port twice', { gateway: '19787', idp: '19787', services: [] }, 'a port of its own'],
  ])('rejects %s that is none', async (_, flags, problem) => {
    const chosen = choosePorts(plan, flags, {}, quiet)
    await expect(chosen).rejects.toThrow(UsageError)
    await expect(choosePorts(plan, flags, {}, quiet)).rejects.toThrow(problem)
  })
})
