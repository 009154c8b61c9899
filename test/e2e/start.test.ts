import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  controlSecret,
  curlLines,
  findProject,
  makeSecrets,
  offerOf,
  planOf,
  say,
  startControl,
  upgradeStatus,
} from 'sealgate/internal'
import { chatNameOf } from '../../workers/consumer/src/chat/chat-name.ts'
import { type Dev, startDev, untilItFits } from '../support/dev-system.ts'
import { ROOT } from '../support/root.ts'

const run = promisify(execFile)

describe('the running system', () => {
  let dev: Dev
  let token: string
  let auth0Token: string

  beforeAll(async () => {
    dev = await startDev()
  })
  afterAll(() => dev.stop())

  const ask = async (path: string, bearer?: string): Promise<Response> =>
    fetch(`${dev.consumer}${path}`, {
      headers: bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` },
    })

  const order = async (path: string): Promise<void> => {
    expect((await dev.order(path)).status).toBe(200)
  }

  it('does what its printed lines say, in a shell', async () => {
    const { direct, throughGateway = '' } = curlLines(dev)
    const script = [...direct, throughGateway, 'echo; echo "TOKEN=$TOKEN"; echo "AUTH0=$AUTH0"'].join('\n')
    const { stdout } = await run('bash', ['-euc', script])
    expect(stdout.match(/HTTP\/1.1 200 OK/g)).toHaveLength(2)
    expect(stdout).toContain('"sub":"auth0|olivia"')
    token = /^TOKEN=(.+)$/m.exec(stdout)?.[1] ?? ''
    auth0Token = /^AUTH0=(.+)$/m.exec(stdout)?.[1] ?? ''
    expect(token.split('.')).toHaveLength(3)
  })

  it('rejects a caller without a token with a bare challenge, and one without the permission with 403', async () => {
    const without = await ask('/reports')
    expect([without.status, without.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer'])
    const lacking = await ask(`/agents/chat/${chatNameOf('auth0|bob')}`, token)
    expect(lacking.status).toBe(403)
    expect(lacking.headers.get('WWW-Authenticate')).toContain('insufficient_scope')
  })

  describe('over WebSockets', () => {
    const chatOf = (sub: string): string => `/agents/chat/${chatNameOf(sub)}`
    /** Asks the chat something, and waits for the whole conversation as it is kept. */
    const chat = (origin: 'gateway' | 'consumer', text: string): Promise<string> => {
      const { consumer } = dev
      const { gateway } = dev.addresses
      const [url, credential] = origin === 'gateway' ? [`${gateway}/api`, auth0Token] : [consumer, token]
      const message = { id: text, role: 'user', parts: [{ type: 'text', text }] }
      const init = { method: 'POST', body: JSON.stringify({ messages: [message] }) }
      const request = { type: 'cf_agent_use_chat_request', id: text, init }
      const isKept = (frame: string): boolean =>
        frame.includes('cf_agent_chat_messages') && frame.includes(text) && frame.includes('assistant')
      return say(url + chatOf('auth0|olivia'), offerOf(credential), JSON.stringify(request), isKept)
    }

    it('says things back, through the gateway with an Auth0 token and directly with one of the gateway', async () => {
      const { consumer } = dev
      const { gateway } = dev.addresses
      expect(await say(`${gateway}/api/echo`, offerOf(auth0Token), 'one')).toBe('one')
      expect(await say(`${consumer}/echo`, offerOf(token), 'two')).toBe('two')
    })

    it('rejects before there is a socket: without a token, with the wrong one, and to a stranger', async () => {
      const { consumer } = dev
      const { gateway } = dev.addresses
      const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` })
      const statuses = await Promise.all([
        upgradeStatus(`${gateway}/api/echo`, {}),
        upgradeStatus(`${gateway}/api/echo`, bearer(token)),
        upgradeStatus(`${consumer}/echo`, {}),
        upgradeStatus(`${consumer}/echo`, bearer(auth0Token)),
        upgradeStatus(`${gateway}/api${chatOf('auth0|bob')}`, bearer(auth0Token)),
        upgradeStatus(`${consumer}${chatOf('auth0|bob')}`, bearer(token)),
        upgradeStatus(`${gateway}/api${chatOf('auth0|olivia')}`, bearer(auth0Token)),
      ])
      expect(statuses).toEqual([401, 401, 401, 401, 403, 403, 101])
    })

    it('keeps a chat over a restart, and shows it on both ways in', async () => {
      const mark = `hello ${Date.now()}`
      await chat('gateway', mark)
      await order('stop/consumer')
      await order('start/consumer')
      await untilItFits(dev)
      const { consumer } = dev
      const { gateway } = dev.addresses
      for (const [url, credential] of [
        [consumer, token],
        [`${gateway}/api`, auth0Token],
      ] as const) {
        const headers = { Authorization: `Bearer ${credential}` }
        const response = await fetch(url + chatOf('auth0|olivia'), { headers })
        const { messages } = (await response.json()) as { messages: { role: string; parts: unknown[] }[] }
        const [asked, answered] = messages.slice(-2)
        expect([asked?.role, answered?.role]).toEqual(['user', 'assistant'])
        expect(JSON.stringify(asked?.parts)).toContain(mark)
        expect(JSON.stringify(answered?.parts)).toContain('Hello!')
      }
    })
  })

  it('with the gateway stopped: a consumer that has keys answers, one that has none says 503', async () => {
    await order('stop/gateway')
    expect((await ask('/whoami', token)).status).toBe(200)

    await order('stop/consumer')
    await order('start/consumer')
    await vi.waitFor(async () => expect((await ask('/whoami')).status).toBe(401), { interval: 200 })
    const response = await ask('/whoami', token)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0)
  })
})

it('takes orders from nobody who does not know its secret', async () => {
  const plan = planOf(findProject(ROOT))
  makeSecrets(plan)
  const ordered: string[] = []
  const control = await startControl(plan, {
    names: ['gateway'],
    obey: (order, name) => void ordered.push(`${order} ${name}`),
    explain: (requestId) => {
      ordered.push(`why ${requestId}`)
      return Promise.resolve({})
    },
  })
  const statusOf = async (path: string, authorization?: string, method = 'POST'): Promise<number> => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    return (await fetch(`${control.url}${path}`, { method, headers })).status
  }
  const secret = controlSecret(plan)
  for (const authorization of [
    undefined,
    'Bearer wrong',
    'Bearer ',
    secret,
    `Basic ${secret}`,
    `Bearer ${secret}2`,
  ]) {
    expect(await statusOf('/stop/gateway', authorization)).toBe(401)
    expect(await statusOf('/why/0f1e2d3c', authorization)).toBe(401)
  }
  const right = `Bearer ${secret}`
  expect(await statusOf('/stop/gateway', right, 'GET')).toBe(404)
  expect(await statusOf('/stop/everything', right)).toBe(404)
  expect(await statusOf('/start/__proto__', right)).toBe(404)
  expect(await statusOf('/why/', right)).toBe(404)
  expect(ordered).toEqual([])
  expect(await statusOf('/stop/gateway', right)).toBe(200)
  expect(ordered).toEqual(['stop gateway'])
  control.close()
})
