/** `sealgate why` as it is typed, with the real wrangler before a local Cloudflare. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CloudflareApi, startCloudflareApi } from '../support/cloudflare/api.ts'
import type { Permission } from '../support/cloudflare/endpoints.ts'
import { SmallProject } from '../support/small-project.ts'
import { startWhy, why } from '../support/why.ts'

const ID = 'req-12345678'
const GATEWAY = 'acme-edge-dev'
const SERVICE = 'acme-invoices-dev'
const DENIED = {
  ...{
    ts: new Date().toISOString(),
    level: 'warn',
    event: 'decision',
    schema: 1,
    service: 'billing',
    env: 'dev',
  },
  ...{ request_id: ID, decision: 'denied', status: 401, reason: 'expired', kid: 'edge-1' },
}

let project: SmallProject
let api: CloudflareApi | undefined
beforeAll(() => {
  project = new SmallProject('EdDSA')
})
afterAll(() => project.remove())
afterEach(async () => {
  await api?.close()
  api = undefined
})

async function start(permissions?: readonly Permission[]): Promise<CloudflareApi> {
  api = await startCloudflareApi({
    stored: { [GATEWAY]: {}, [SERVICE]: {} },
    ...(permissions && { permissions }),
  })
  return api
}

/** An invocation, as Cloudflare sends it to a tail. */
function item(scriptName: string, line: object): object {
  return {
    ...{ wallTime: 2, cpuTime: 1, truncated: false, executionModel: 'stateless', outcome: 'ok', scriptName },
    ...{ diagnosticsChannelEvents: [], exceptions: [], eventTimestamp: Date.now() },
    event: {
      request: { url: 'https://edge.acme.test/billing/invoices', method: 'GET', headers: {} },
      response: { status: 401 },
    },
    logs: [{ message: [line], level: 'warn', timestamp: Date.now() }],
  }
}

describe('a file', () => {
  const text = `noise\n${JSON.stringify({ Logs: [{ Level: 'warn', Message: [JSON.stringify(DENIED)], TimestampMs: 1 }] })}\n`
  const written = (name: string, content: string | Buffer): string => {
    const file = join(project.folder, name)
    writeFileSync(file, content)
    return file
  }

  it.each<[how: string, name: string, content: string | Buffer]>([
    ['as it is', 'logs.json', text],
    ['packed', 'logs.json.gz', gzipSync(text)],
  ])('is read %s, and no project is needed', async (_, name, content) => {
    const { code, stdout, stderr } = await why([ID, '--file', written(name, content)], { cwd: '/' })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('denied with 401, billing said expired')
  })

  it('may be stdin', async () => {
    const { code, stdout } = await startWhy([ID, '--file', '-'], { cwd: '/', stdin: text }).printed
    expect(code).toBe(0)
    expect(stdout).toContain('denied with 401, billing said expired')
  })

  it.each(['/nowhere', 'wrong.json.gz'])(
    'that is not there, or is no gzip, is wrong usage: %s',
    async (name) => {
      const file = name.startsWith('/') ? name : written(name, 'text')
      const { code, stderr } = await why([ID, '--file', file], { cwd: '/' })
      expect(code).toBe(2)
      expect(stderr).toContain(`${file} cannot be read`)
    },
  )

  it('without the id exits 1, and says so as JSON too', async () => {
    const { code, stdout } = await why(['another-id', '--file', written('a.json', text), '--json'], {
      cwd: '/',
    })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      request_id: 'another-id',
      found: false,
      read: { lines: 1, text: 1 },
    })
  })
})

describe('wrong usage', () => {
  it.each([
    ['no id', [], 'missing required argument'],
    ['two places', [ID, '--env', 'dev', '--file', 'x'], 'Say one place'],
    ['a tail of nothing', [ID, '--tail'], '--tail needs an environment'],
    ['an environment that there is not', [ID, '--env', 'moon'], 'There is no environment moon'],
    ['a time that is none', [ID, '--env', 'dev', '--tail', '--timeout', '1e9'], 'A number of seconds'],
    ['no development system', [ID], 'No development system runs for this project'],
  ])('%s exits 2, with a word on it', async (_, args, said) => {
    const { code, stderr, stdout } = await why(args, { cwd: project.folder })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
  })
})

describe('Workers Logs', () => {
  it('is queried for the id alone, with wrangler’s login, until the query has run', async () => {
    const { env, state, requests } = await start()
    const other = { ...DENIED, request_id: 'req-of-another' }
    state.logs.startedTimes = 1
    state.logs.events.push(
      ...[DENIED, other].map((source, index) => ({
        $metadata: { id: String(index), service: SERVICE },
        $workers: { scriptName: SERVICE, eventType: 'fetch', outcome: 'ok', requestId: 'A' },
        ...{ dataset: 'cloudflare-workers', timestamp: Date.now(), source },
      })),
    )
    const { code, stdout, stderr } = await why([ID, '--env', 'dev'], { cwd: project.folder, env })
    expect(stderr).toContain('Querying Workers Logs')
    expect(stdout).toContain('denied with 401, billing said expired')
    expect(stdout).not.toContain('req-of-another')
    expect(code).toBe(0)
    expect(requests.filter(({ step }) => step === 'logs-query')).toHaveLength(2)
    expect(stdout + stderr).not.toContain(env.CLOUDFLARE_API_TOKEN)
  })

  it('that the login may not query says which permission it lacks', async () => {
    const { env } = await start(['User Details: Read'])
    const { code, stderr } = await why([ID, '--env', 'dev'], { cwd: project.folder, env })
    expect(code).toBe(1)
    expect(stderr).toContain('a query of Workers Logs failed with 403: Authentication error [code: 10000]')
    expect(stderr).toContain('the permission Workers Observability')
    expect(stderr).not.toContain(env.CLOUDFLARE_API_TOKEN)
  })
})

describe('a tail', () => {
  const args = [ID, '--env', 'dev', '--tail', '--timeout', '60']

  async function untilTailed({ state }: CloudflareApi): Promise<void> {
    await expect.poll(() => [...state.logs.tailed].sort()).toEqual([GATEWAY, SERVICE])
  }

  it('of gateway and services ends when the request came, with the lines of both, and leaves no tail', async () => {
    const own = await start()
    const { printed } = startWhy(args, { cwd: project.folder, env: own.env })
    await untilTailed(own)
    own.state.logs.send(GATEWAY, item(GATEWAY, { ...DENIED, request_id: 'req-of-another' }))
    own.state.logs.send(SERVICE, item(SERVICE, DENIED))
    const request = {
      ...DENIED,
      event: 'request',
      service: 'edge',
      decision: 'granted',
      reason: undefined,
      ms: 20,
    }
    own.state.logs.send(GATEWAY, item(GATEWAY, request))
    const { code, stdout, stderr } = await printed
    expect(stderr).toContain(`Tailing ${GATEWAY}, ${SERVICE} for 60 s`)
    expect(stdout).toContain('denied with 401, billing said expired')
    expect(stdout).toContain('edge (gateway, dev)')
    expect(code).toBe(0)
    expect(own.state.logs.tailed).toEqual([])
  })

  it('ends on Ctrl-C, says that nothing came, and leaves no tail', async () => {
    const own = await start()
    const running = startWhy(args, { cwd: project.folder, env: own.env })
    await untilTailed(own)
    running.signal('SIGINT')
    const { code, stdout } = await running.printed
    expect(code).toBe(1)
    expect(stdout).toContain(`Looked in the tails of ${GATEWAY}, ${SERVICE}: 0 lines.`)
    expect(own.state.logs.tailed).toEqual([])
  })

  it('that wrangler cannot open fails with what it said', async () => {
    const { env } = await start(['User Details: Read'])
    const { code, stderr } = await why(args, { cwd: project.folder, env })
    expect(code).toBe(1)
    expect(stderr).toMatch(/wrangler tail of acme-\w+-dev failed:[^]*Authentication error/)
  })
})
