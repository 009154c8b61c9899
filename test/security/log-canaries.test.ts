/** No line of the log, and no body that a sink sends, holds what it must not; whatever stands in a line is one line and bounded. */
import { defineGateway } from '@sealgate/gateway'
import { createTestGateway } from '@sealgate/gateway/testing'
import { makeKit } from '@sealgate/kit'
import { beginLogSecond, Logger, type LoggerOptions } from '@sealgate/kit/gateway'
import { guard } from '@sealgate/kit/hono'
import { datadogLogs, EVENTS, type EventName, FIELDS, type LogLine, otlpLogs } from '@sealgate/kit/log'
import { createTestIssuer } from '@sealgate/kit/testing'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const DECISIONS: readonly EventName[] = ['decision', 'request', 'denied_call', 'operation']
const names = Object.keys(EVENTS) as EventName[]

/** All that leaves a logger: what the console and the hooks get, and the bodies that both sinks send. */
function listening(): {
  readonly lines: LogLine[]
  readonly bodies: string[]
  readonly options: LoggerOptions
  readonly settle: () => Promise<unknown>
} {
  const lines: LogLine[] = []
  const bodies: string[] = []
  const runs: Promise<unknown>[] = []
  const runtime = {
    fetch: async (...sent: Parameters<typeof fetch>) => {
      bodies.push(await new Request(...sent).text())
      return Response.json({})
    },
    sleep: () => Promise.resolve(),
    waitUntil: (run: Promise<unknown>) => void runs.push(run),
  }
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(line as LogLine))
  }
  const hear = (line: LogLine): unknown => lines.push(line)
  return {
    lines,
    bodies,
    options: {
      level: 'debug',
      onEvent: hear,
      onDecision: hear,
      sinks: [
        datadogLogs({ apiKey: 'key-of-datadog', ...runtime }),
        otlpLogs({ endpoint: 'https://logs.example.com/v1/logs', ...runtime }),
      ],
    },
    settle: () => Promise.all(runs),
  }
}

beforeEach(() => {
  vi.restoreAllMocks()
  beginLogSecond(0)
})

describe('hostile text', () => {
  const HOSTILE: readonly [what: string, text: string][] = [
    ['ends of lines', 'a\r\n{"level":"info","event":"forged"}\u2028b'],
    ['control characters', 'a\u0000\u001b[2Jb\u009b'],
    ['what reorders text', 'a\u202eb'],
    ['JSON', '","level":"info","event":"forged'],
    ['10 KB', 'x'.repeat(10_240)],
  ]

  it.each(names.flatMap((event) => HOSTILE.map(([what, text]) => [event, what, text] as const)))(
    'in each field of %s is harmless: %s',
    async (event, _, text) => {
      const { lines, bodies, options, settle } = listening()
      const head = { service: text, env: text, version: { id: text, tag: text } }
      const logger = new Logger({ ...options, head })
      const fields = [...EVENTS[event].fields, 'request_id', 'trace_id'] as const
      const given = Object.fromEntries(
        fields.map((name) => [name, FIELDS[name].type === 'integer' ? 7 : text]),
      )
      if (DECISIONS.includes(event)) logger.decision('error', event as 'decision', () => given)
      else logger.event({ ...given, event: event as 'unstable_env', level: 'error' })
      await settle()
      // The console and the hook.
      expect(lines).toHaveLength(2)
      // A sink is not told of what it lost itself.
      expect(bodies).toHaveLength(event === 'sink_dropped' ? 0 : 2)
      for (const line of lines) {
        expect(Object.keys(line)).toEqual(expect.arrayContaining([...fields]))
        expect(line).toMatchObject({ event, level: 'error' })
        for (const value of [line, line.version ?? {}].flatMap((one): unknown[] => Object.values(one))) {
          if (typeof value !== 'string') continue
          expect(value.length).toBeLessThanOrEqual(300)
          expect(value).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u)
        }
      }
      for (const body of bodies) {
        expect(body).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u)
        expect(body).not.toContain('"event":"forged"')
      }
    },
  )
})

describe('canaries', () => {
  const CANARY = {
    subject: 'auth0|canary-subject',
    email: 'canary@example.test',
    address: '203.0.113.77',
    header: 'x-canary-header',
    value: 'canary-value',
    path: 'canary-path',
    query: 'canary-query',
    cookie: 'canary-cookie',
  }

  const found = (texts: readonly string[], canaries: readonly string[]): readonly string[] =>
    canaries.filter((canary) => texts.some((text) => text.toLowerCase().includes(canary.toLowerCase())))

  const headersWith = (token: string): Record<string, string> => ({
    Authorization: `Bearer ${token}`,
    Cookie: `session=${CANARY.cookie}`,
    'CF-Connecting-IP': CANARY.address,
    [CANARY.header]: CANARY.value,
    'X-Request-Id': CANARY.email,
    traceparent: CANARY.value,
  })
  const PATH = `/api/${CANARY.path}/${CANARY.email}?code=${CANARY.query}`

  it('in tokens, headers, cookies and paths are in no line of a guard', async () => {
    const { lines, bodies, options, settle } = listening()
    const issuer = await createTestIssuer()
    const { onEvent, onDecision, sinks = [] } = options
    const kit = makeKit(
      { ...issuer.env, LOG_HASH_KEY: 'canary-hash-key' },
      { logLevel: 'debug', onEvent, onDecision, sinks },
    )
    const app = new Hono().get('/api/:name/:id', guard(kit.policy().needAll('read'), { kit }), (c) =>
      c.text(''),
    )
    const claims = { sub: CANARY.subject, email: CANARY.email, email_verified: true }
    const tokens = [
      await issuer.token(claims),
      await issuer.token({ ...claims, permissions: ['read'] }),
      await issuer.expired(claims),
      await issuer.forged(claims),
      `${await issuer.token(claims)}x`,
      'canary-no-token',
    ]
    for (const token of tokens) await app.request(PATH, { headers: headersWith(token) })
    await vi.waitFor(() => expect(lines.filter(({ event }) => event === 'decision')).toHaveLength(12))
    await settle()
    const parts = tokens.flatMap((token) => token.split('.').filter((part) => part.length > 12))
    const texts = [...lines.map((line) => JSON.stringify(line)), ...bodies]
    expect(bodies.length).toBeGreaterThan(1)
    expect(found(texts, [...Object.values(CANARY), 'canary', ...parts])).toEqual([])
  })

  it('in tokens, headers, cookies and paths are in no line of the gateway', async () => {
    const { lines, options } = listening()
    const gateway = await createTestGateway(
      defineGateway({
        audiences: { reports: { permissions: ['read'], roles: [] } },
        routes: [
          { match: '/api/*', methods: ['GET'], service: 'REPORTS', audience: 'reports', require: ['read'] },
          {
            ...{ match: '/mcp', service: 'REPORTS', audience: 'reports' },
            mcp: { name: 'Reports', scopes: ['read'], audiences: ['https://api.test'] },
          },
        ],
        onEvent: (line) => void options.onEvent?.(line),
        onDecision: (line) => void options.onDecision?.(line),
      }),
      { env: { LOG_LEVEL: 'debug', LOG_HASH_KEY: 'canary-hash-key' } },
    )
    const claims = { sub: CANARY.subject, email: CANARY.email, email_verified: true }
    const tokens = [
      await gateway.auth0.token({ ...claims, permissions: ['read'] }),
      await gateway.auth0.token({ ...claims, permissions: [] }),
      `${await gateway.auth0.token(claims)}x`,
      'canary-no-token',
    ]
    for (const token of tokens) await gateway.fetch(PATH, { headers: headersWith(token) })
    const session = await gateway.login({ sub: CANARY.subject, email: CANARY.email })
    await gateway.fetch(PATH, { headers: { Cookie: session } })
    await gateway.fetch(`/auth/callback?code=${CANARY.query}&state=${CANARY.value}`)
    await gateway.fetch('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({ subject_token: tokens[0] ?? '', client_secret: 'canary-secret' }),
    })
    for (const name of ['logout_token', 'assertion']) {
      const path = name === 'assertion' ? '/oauth/token' : '/auth/backchannel-logout'
      const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
      const body = new URLSearchParams({ grant_type, [name]: tokens[0] ?? '' })
      expect((await gateway.fetch(path, { method: 'POST', body })).status).toBe(400)
    }
    for (const scheme of ['Bearer', 'DPoP']) {
      for (const id of [CANARY.value, tokens[0] ?? '']) {
        const headers = { DPoP: tokens[0] ?? '', 'Mcp-Session-Id': id, 'Last-Event-ID': id }
        const Authorization = `${scheme} ${tokens[0] ?? ''}`
        const { status } = await gateway.fetch('/mcp', {
          method: 'POST',
          headers: { ...headers, Authorization },
        })
        expect([401, 404]).toContain(status)
      }
    }
    const requests = (): number => lines.filter(({ event }) => event === 'request').length
    await vi.waitFor(() => expect(requests()).toBeGreaterThan(14))
    const parts = [...tokens, session].flatMap((token) =>
      token.split(/[.=]/).filter((part) => part.length > 16),
    )
    const texts = lines.map((line) => JSON.stringify(line))
    expect(found(texts, [...Object.values(CANARY), 'canary', ...parts])).toEqual([])
  })
})
