import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { type Auth, authInfoOf, ConfigError, makeKit, policy } from '@sealgate/kit'
import { guardMcpTools, type McpToolTable } from '@sealgate/kit/agents'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { z } from 'zod'
import { bearer, issuerOfService, request } from '../support/agents/service.ts'

let issuer: TestIssuer
let lines: Readonly<Record<string, unknown>>[]

beforeAll(async () => {
  issuer = await issuerOfService()
})
beforeEach(() => {
  lines = []
  vi.spyOn(console, 'warn').mockImplementation((line) => lines.push(line as never))
})
afterEach(() => vi.restoreAllMocks())

const ada: TestClaims = { sub: 'ada', kind: 'user', client_id: 'inspector' }
const RIGHTS = 'The user does not have the right to use this tool. Do not try it again.'

type Headers = Readonly<Record<string, string>>
const accept = { Accept: 'application/json, text/event-stream' }
const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 2, method, params })
const callOf = (name: string, args: object = {}) => rpc('tools/call', { name, arguments: args })
const initialize = rpc('initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 't', version: '1' },
})

async function headersOf(claims: TestClaims): Promise<Headers> {
  return bearer(await issuer.token(claims))
}

interface Result {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  readonly tools: readonly { readonly name: string }[]
}

async function resultOf(response: Response): Promise<Result> {
  const text = await response.text()
  return (JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) as { readonly result: Result }).result
}

const namesIn = ({ tools }: Result): string[] => tools.map(({ name }) => name)
const textIn = ({ content }: Result): string | undefined => content[0]?.text
const denied = (reason: string, message: string) => ({
  isError: true,
  content: [{ type: 'text', text: JSON.stringify({ denied: true, reason, message }) }],
})

describe('a session of AuthAgent(McpAgent)', () => {
  const post = (body: object, headers: Headers): Promise<Response> =>
    request('/mcp', { ...accept, ...headers }, 'POST', body)

  async function open(claims = ada): Promise<{ readonly 'Mcp-Session-Id': string }> {
    const opened = await post(initialize, await headersOf(claims))
    const session = { 'Mcp-Session-Id': opened.headers.get('Mcp-Session-Id') ?? '' }
    await opened.text()
    return session
  }

  async function send(body: object, session: Headers, claims = ada): Promise<Result> {
    return resultOf(await post(body, { ...session, ...(await headersOf(claims)) }))
  }

  it('lists and runs tools for whoever sent the message, by the rights of that message', async () => {
    const session = await open()
    const more = { ...ada, permissions: ['read:secrets'] }
    expect(namesIn(await send(rpc('tools/list'), session))).toEqual(['whoami', 'strict'])
    expect(namesIn(await send(rpc('tools/list'), session, more))).toEqual(['whoami', 'secrets', 'strict'])
    expect(textIn(await send(callOf('whoami'), session))).toBe('ada')
    expect(textIn(await send(callOf('secrets', { of: 'bob' }), session, more))).toBe(
      'secrets of bob, for ada',
    )
    expect(lines).toEqual([])
  })

  it('denies the call of a tool that is hidden, in words for a model, and logs it', async () => {
    const session = await open()
    const result = await send(callOf('secrets', { of: 'bob' }), session)
    expect(result).toEqual(denied('insufficient_rights', RIGHTS))
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'decision',
        decision: 'denied',
        reason: 'insufficient_rights',
        detail: 'the tool secrets: the policy does not grant this',
        client_id: 'inspector',
      }),
    ])
  })

  it('tells of a hidden tool no schema', async () => {
    expect(await send(callOf('secrets', { wrong: 1 }), await open())).toEqual(
      denied('insufficient_rights', RIGHTS),
    )
  })

  it('makes a denial within a tool such a result too', async () => {
    expect(await send(callOf('strict'), await open())).toEqual(denied('insufficient_rights', RIGHTS))
  })

  it('needs a token with each message', async () => {
    const session = await open()
    const unknown = await post(callOf('whoami'), { ...session, Authorization: 'Bearer x' })
    // The SDK has one status for whatever its Agent denies.
    expect(unknown.status).toBe(500)
  })

  it.each([
    ['another user', { ...ada, sub: 'eve' }],
    ['the same user through another client', { ...ada, client_id: 'other' }],
    ['the same user through no client', { sub: 'ada', kind: 'user' as const }],
  ])('is closed to %s, who posts or listens', async (_, claims) => {
    const session = await open()
    const headers = { ...accept, ...session, ...(await headersOf(claims)) }
    expect((await post(callOf('whoami'), headers)).status).toBe(500)
    expect((await request('/mcp', headers)).status).toBe(500)
    const opener = expect.objectContaining({
      reason: 'insufficient_rights',
      rule: 'opener of the session',
      status: 403,
    }) as object
    expect(lines).toEqual([opener, opener])
    expect(textIn(await send(callOf('whoami'), session))).toBe('ada')
  })

  it('is still its opener’s after hibernation', async () => {
    const session = await open()
    const { McpTools } = env as unknown as Readonly<Record<string, DurableObjectNamespace>>
    const name = `streamable-http:${session['Mcp-Session-Id']}`
    await evictDurableObject((McpTools as DurableObjectNamespace).getByName(name))
    const eve = { ...session, ...(await headersOf({ ...ada, sub: 'eve' })) }
    expect((await post(callOf('whoami'), eve)).status).toBe(500)
    expect(textIn(await send(callOf('whoami'), session))).toBe('ada')
  })

  it('over its legacy transport takes messages of its opener alone', async () => {
    const opened = await request('/sse', await headersOf(ada))
    const reader = opened.body?.pipeThrough(new TextDecoderStream()).getReader()
    const { value = '' } = (await reader?.read()) ?? {}
    const [, path = ''] = /data: (\S+)/.exec(value) ?? []
    const nobody = await request(path, {}, 'POST', callOf('whoami'))
    expect([nobody.status, await nobody.text()]).toEqual([400, expect.stringContaining('invalid_token')])
    const eve = await request(path, await headersOf({ ...ada, sub: 'eve' }), 'POST', callOf('whoami'))
    expect([eve.status, await eve.text()]).toEqual([400, expect.stringContaining('insufficient_scope')])
    expect((await request(path, await headersOf(ada), 'POST', callOf('whoami'))).status).toBe(202)
    const { value: result } = (await reader?.read()) ?? {}
    expect(result).toContain('"text":"ada"')
    await reader?.cancel()
  })
})

async function authOf(claims: TestClaims): Promise<Auth> {
  const auth = await makeKit(env).checkAuth(await issuer.token(claims))
  if (!auth) throw new Error('the token is not good')
  return auth
}

const say = (text: string) => ({ content: [{ type: 'text', text }] })
const done: string[] = []
const secrets = {
  policy: policy().needAll('read:secrets'),
  tool: {
    inputSchema: z.object({ of: z.string() }),
    execute: ({ of }: { of: string }) => {
      done.push(of)
      return say(`secrets of ${of}`)
    },
  },
}
const open = { policy: policy(), tool: { execute: () => say('open') } }

describe('a server for one request', () => {
  /** @param authInfo what comes with the message, if it is another's */
  async function send(body: object, auth: Auth, sender = auth): Promise<Result> {
    const server = (): McpServer => {
      const made = new McpServer({ name: 'reports', version: '1.0.0' })
      guardMcpTools(made, { open }, auth)
      guardMcpTools(made, { secrets }, auth)
      made.registerTool('own', {}, () => ({ content: [] }))
      return made
    }
    const message = new Request('https://service.test/mcp', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...accept, 'MCP-Protocol-Version': '2025-11-25' },
      body: JSON.stringify(body),
    })
    return resultOf(await createMcpHandler(server).fetch(message, { authInfo: authInfoOf(sender) }))
  }

  it('lists what its caller may use, and what is not in a table', async () => {
    const reader = await authOf({ ...ada, permissions: ['read:secrets'] })
    expect(namesIn(await send(rpc('tools/list'), await authOf(ada)))).toEqual(['open', 'own'])
    expect(namesIn(await send(rpc('tools/list'), reader))).toEqual(['open', 'secrets', 'own'])
    expect(textIn(await send(callOf('secrets', { of: 'bob' }), reader))).toBe('secrets of bob')
  })

  it('denies and logs a call by name, and does not run the tool', async () => {
    done.length = 0
    const result = await send(callOf('secrets', { of: 'bob' }), await authOf(ada))
    expect(result).toEqual(denied('insufficient_rights', RIGHTS))
    expect(done).toEqual([])
    expect(lines).toEqual([
      expect.objectContaining({
        decision: 'denied',
        detail: 'the tool secrets: the policy does not grant this',
        client_id: 'inspector',
      }),
    ])
  })

  it('holds a message against its own caller, where the server was made for another', async () => {
    const reader = await authOf({ ...ada, permissions: ['read:secrets'] })
    expect(await send(callOf('secrets', { of: 'bob' }), reader, await authOf(ada))).toMatchObject({
      isError: true,
    })
  })

  it('keeps its policy under another name', async () => {
    const auth = await authOf(ada)
    const server = new McpServer1({ name: 'reports', version: '1.0.0' })
    const register = vi.spyOn(server, 'registerTool')
    guardMcpTools(server, { secrets }, auth)
    const callback = register.mock.calls[0]?.[2] as unknown as (...call: readonly unknown[]) => unknown
    expect(await callback({ of: 'bob' }, {})).toEqual(denied('insufficient_rights', RIGHTS))
  })
})

describe('guardMcpTools', () => {
  const server = (): McpServer => new McpServer({ name: 'reports', version: '1.0.0' })
  const tool = { execute: () => say('x') }

  it.each([
    ['an entry without a policy', { x: { tool } }, 'has no policy'],
    [
      'a policy with base()',
      { x: { tool, policy: policy().base({ leewaySeconds: 1 }) } },
      'no policy with base()',
    ],
    ['confirm', { x: { tool, policy: policy(), confirm: true } }, 'proves no person'],
  ])('rejects %s', async (_, table, words) => {
    const auth = await authOf(ada)
    const guardIt = (): void => guardMcpTools(server(), table as never, auth)
    expect(guardIt).toThrow(ConfigError)
    expect(guardIt).toThrow(words)
  })

  it('rejects a server whose tools it could not hide', async () => {
    const auth = await authOf(ada)
    const early = new McpServer({ name: 'r', version: '1' }, { capabilities: { tools: {} } })
    expect(() => guardMcpTools(early, { secrets }, auth)).toThrow('takes a server without tools')
    const late = server()
    late.registerTool('own', {}, () => ({ content: [] }))
    expect(() => guardMcpTools(late, { secrets }, auth)).toThrow('takes a server without tools')
  })

  it('rejects a caller whom no verifier let in', async () => {
    const forged = { ...(await authOf(ada)) }
    expect(() => guardMcpTools(server(), { secrets }, forged)).toThrow('a verifier of the kit let in')
    expect(() => guardMcpTools(server(), { secrets }, { requireAuth: () => forged } as never)).toThrow(
      'an Agent that AuthAgent or OwnedAgent guards',
    )
  })

  it('knows the input of a tool by its schema', () => {
    const typed = <Inputs extends Readonly<Record<string, unknown>>>(table: McpToolTable<Inputs>) => table
    typed({
      pay: {
        policy: policy(),
        tool: {
          inputSchema: z.object({ amount: z.number() }),
          execute: (input) => {
            expectTypeOf(input).toEqualTypeOf<{ amount: number }>()
            return say('paid')
          },
        },
      },
    })
  })
})
