import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  addressesOf,
  checkPorts,
  type Control,
  controlSecret,
  curlLines,
  freePorts,
  makeSecrets,
  offerOf,
  type Ports,
  main,
  readPorts,
  wranglerWith,
  runEndToEndFlow,
  say,
  startControl,
  startSystem,
  type System,
  upgradeStatus,
  waitUntilReady,
} from 'sealgate/internal'
import { chatNameOf } from '../../workers/consumer/src/chat-name.ts'

const run = promisify(execFile)

describe('the running system', () => {
  let ports: Ports
  let system: System
  let control: Control
  let token: string
  let auth0Token: string

  beforeAll(async () => {
    makeSecrets()
    ports = await freePorts()
    control = await startControl(controlSecret(), (order, name) => system[order](name))
    system = startSystem(ports, () => undefined, control.url)
    await waitUntilReady(system, () => runEndToEndFlow(addressesOf(ports)))
  })
  afterAll(async () => {
    await system.stopAll()
    control.close()
  })

  const ask = async (path: string, bearer?: string): Promise<Response> =>
    fetch(`${addressesOf(ports).consumer}${path}`, {
      headers: bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` },
    })

  /** What the printed line does, and others like it. */
  const order = async (path: string): Promise<void> => {
    const headers = { Authorization: `Bearer ${controlSecret()}` }
    const { status } = await fetch(`${control.url}/${path}`, { method: 'POST', headers })
    expect(status).toBe(200)
  }

  it('does what its three printed lines say, in a shell', async () => {
    const script = [...curlLines(addressesOf(ports)), 'echo; echo "TOKEN=$TOKEN"; echo "AUTH0=$AUTH0"'].join(
      '\n',
    )
    const { stdout } = await run('bash', ['-euc', script])
    expect(stdout).toContain('HTTP/1.1 200 OK')
    expect(stdout).toContain('"sub":"auth0|alice"')
    token = /^TOKEN=(.+)$/m.exec(stdout)?.[1] ?? ''
    auth0Token = /^AUTH0=(.+)$/m.exec(stdout)?.[1] ?? ''
    expect(token.split('.')).toHaveLength(3)
  })

  it('rejects a caller without a token with a bare challenge, and one without the permission with 403', async () => {
    const without = await ask('/reports')
    expect([without.status, without.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer'])
    const lacking = await ask('/secret-data', token)
    expect(lacking.status).toBe(403)
    expect(lacking.headers.get('WWW-Authenticate')).toContain('insufficient_scope')
  })

  describe('over WebSockets', () => {
    const chatOf = (sub: string): string => `/agents/chat/${chatNameOf(sub)}`
    const chat = (origin: 'gateway' | 'consumer', text: string): Promise<string> => {
      const { gateway, consumer } = addressesOf(ports)
      const [url, credential] = origin === 'gateway' ? [`${gateway}/api`, auth0Token] : [consumer, token]
      const isAnswer = (frame: string): boolean => frame.includes('"message"') && frame.includes(text)
      return say(url + chatOf('auth0|alice'), offerOf(credential), JSON.stringify({ text }), isAnswer)
    }

    it('says things back, through the gateway with an Auth0 token and directly with one of the gateway', async () => {
      const { gateway, consumer } = addressesOf(ports)
      expect(await say(`${gateway}/api/echo`, offerOf(auth0Token), 'one')).toBe('one')
      expect(await say(`${consumer}/echo`, offerOf(token), 'two')).toBe('two')
    })

    it('rejects before there is a socket: without a token, with the wrong one, and to a stranger', async () => {
      const { gateway, consumer } = addressesOf(ports)
      const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` })
      const statuses = await Promise.all([
        upgradeStatus(`${gateway}/api/echo`, {}),
        upgradeStatus(`${gateway}/api/echo`, bearer(token)),
        upgradeStatus(`${consumer}/echo`, {}),
        upgradeStatus(`${consumer}/echo`, bearer(auth0Token)),
        upgradeStatus(`${gateway}/api${chatOf('auth0|bob')}`, bearer(auth0Token)),
        upgradeStatus(`${consumer}${chatOf('auth0|bob')}`, bearer(token)),
        upgradeStatus(`${gateway}/api${chatOf('auth0|alice')}`, bearer(auth0Token)),
      ])
      expect(statuses).toEqual([401, 401, 401, 401, 403, 403, 101])
    })

    it('keeps a chat over a restart, and shows it on both ways in', async () => {
      const mark = `said at ${Date.now()}`
      await chat('gateway', mark)
      await order('stop/consumer')
      await order('start/consumer')
      await waitUntilReady(system, () => runEndToEndFlow(addressesOf(ports)))
      await chat('consumer', `after: ${mark}`)
      const { consumer } = addressesOf(ports)
      const headers = { Authorization: `Bearer ${token}` }
      const response = await fetch(consumer + chatOf('auth0|alice'), { headers })
      const { history } = (await response.json()) as { history: { text: string }[] }
      expect(history.slice(-2).map(({ text }) => text)).toEqual([mark, `after: ${mark}`])
    })
  })

  it('with the gateway stopped: a consumer that has keys answers, one that has none says 503', async () => {
    await order('stop/gateway')
    expect((await ask('/whoami', token)).status).toBe(200)

    await order('stop/consumer')
    await order('start/consumer')
    await waitUntilReady(system, async () => {
      const { status } = await ask('/whoami')
      if (status !== 401) throw new Error(`the consumer answered ${status}`)
    })
    const response = await ask('/whoami', token)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0)
  })
})

it('takes orders from nobody who does not know its secret', async () => {
  const ordered: string[] = []
  const control = await startControl('right', (order, name) => void ordered.push(`${order} ${name}`))
  const statusOf = async (path: string, authorization?: string, method = 'POST'): Promise<number> => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    return (await fetch(`${control.url}${path}`, { method, headers })).status
  }
  for (const authorization of [
    undefined,
    'Bearer wrong',
    'Bearer ',
    'right',
    'Basic right',
    'Bearer right2',
  ]) {
    expect(await statusOf('/stop/gateway', authorization)).toBe(401)
  }
  expect(await statusOf('/stop/gateway', 'Bearer right', 'GET')).toBe(404)
  expect(await statusOf('/stop/everything', 'Bearer right')).toBe(404)
  expect(await statusOf('/start/__proto__', 'Bearer right')).toBe(404)
  expect(ordered).toEqual([])
  expect(await statusOf('/stop/gateway', 'Bearer right')).toBe(200)
  expect(ordered).toEqual(['stop gateway'])
  control.close()
})

describe('the command line', () => {
  it('takes ports from flags, else from variables', () => {
    expect(readPorts({ gateway: '1' }, { GATEWAY_PORT: '2', AUTH0_PORT: '3' })).toEqual({
      gateway: 1,
      auth0: 3,
      consumer: 8789,
    })
  })

  it.each([
    ['--gateway-port=0'],
    ['--auth0-port=x'],
    ['--consumer-port=65536'],
    ['--nope'],
    ['--auth0-port=8787'],
  ])('rejects %s with a line that says what to do, and exit code 2', async (flag) => {
    const lines: string[] = []
    const error = vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
      lines.push(String(line))
      return true
    })
    const say = (line: string): void => void lines.push(line)
    expect(await main(['dev', flag], { run: wranglerWith(), say })).toBe(2)
    error.mockRestore()
    expect(lines.join('')).toMatch(/must be a port|unknown option|a port of its own/)
  })

  it('says which flag and variable change a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const taken = typeof address === 'object' && address ? address.port : 0
    const { gateway, auth0 } = await freePorts()
    await expect(checkPorts({ gateway, auth0, consumer: taken })).rejects.toThrow(
      /--consumer-port.*CONSUMER_PORT/,
    )
    server.close()
  })
})
