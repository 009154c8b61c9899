/** The tarball with each version of the SDKs that its peer range names, on real workerd. Long: it needs the registry. */
import type { TestClaims } from '@sealgate/kit/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../packages/kit/package.json' with { type: 'json' }
import { note } from '../../bench/nightly/metrics.ts'
import { type Chat, chatOn, type Message } from '../support/agents/chats.ts'
import { AgentsProject, type Versions } from '../support/agents-project.ts'

const OLDEST: Versions = {
  agents: '0.24.0',
  '@modelcontextprotocol/sdk': '1.30.0',
  '@modelcontextprotocol/server': '2.0.0',
}
const NEWEST: Versions = {
  agents: '0.32.0',
  '@cloudflare/ai-chat': '0.12.2',
  '@modelcontextprotocol/sdk': '1.32.2',
  '@modelcontextprotocol/server': '2.4.0',
  zod: '4',
  react: '19',
}

/**
 * The oldest and the newest version of `agents` that the peer range names, and both majors of the AI SDK: another version
 * is another row. A row with `ai` has a chat: `@cloudflare/ai-chat` 0.12 needs a later `agents` than the oldest.
 */
const ROWS: readonly Versions[] = [OLDEST, { ...NEWEST, ai: '6' }, { ...NEWEST, ai: '7' }]

const titled = (versions: Versions): readonly [string, Versions] => [
  `agents ${versions.agents}${versions.ai === undefined ? '' : ` with ai ${versions.ai}`}`,
  versions,
]

const ada: TestClaims = { sub: 'ada', kind: 'user', permissions: ['use:weather', 'write:payments'] }
const eve: TestClaims = { ...ada, sub: 'eve' }
const MCP = { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' }

it('the oldest version is where the peer range begins', () => {
  expect(manifest.peerDependencies.agents).toBe(`>=${OLDEST.agents} <1.0.0`)
})

describe.each(ROWS.map(titled))('%s', (title, versions) => {
  let project: AgentsProject
  beforeAll(async () => {
    project = await AgentsProject.start(versions)
    note(title, 'ai' in versions ? `ai ${project.versionOf('ai')}` : 'no chat')
  })

  const token = (claims = ada): Promise<string> => project.issuer.token(claims)

  /** What a caller gets over HTTP and on an upgrade. */
  async function statuses(path: string, credentials?: string): Promise<readonly number[]> {
    const client = await project.connect(path, credentials)
    client.close()
    return [(await project.request(path, credentials)).status, client.status]
  }

  it('has sound types', async () => {
    expect(await project.types()).toBe('')
  })

  describe.each([
    ['AuthAgent(Agent)', '/agents/board/of-ada'],
    ['OwnedAgent(AuthAgent(Agent))', '/agents/notes/of-ada'],
  ])('%s', (_, path) => {
    it('lets verified callers in alone', async () => {
      expect(await statuses(path)).toEqual([401, 401])
      expect(await statuses(path, await project.issuer.expired(ada))).toEqual([401, 401])
      expect(await statuses(path, await project.issuer.forged(ada))).toEqual([401, 401])
      expect(await statuses(path, await token())).toEqual([200, 101])
    })

    it('knows whose request and whose frame it is', async () => {
      expect(await (await project.request(path, await token())).json()).toEqual({ caller: 'ada' })
      const client = await project.connect(path, await token())
      client.send('hello')
      await client.frame('ada said hello')
    })

    it('closes an idle socket with 4401 when its token ends', async () => {
      const short = await project.issuer.token(ada, { ttlSeconds: 5 })
      const [ending, living] = [
        await project.connect(path, short),
        await project.connect(path, await token()),
      ]
      ending.send('hello')
      await ending.frame('ada said hello')
      expect(await ending.end()).toBe(4401)
      living.send('still here')
      await living.frame('ada said still here')
    })
  })

  it('OwnedAgent lets its owner in alone', async () => {
    expect(await statuses('/agents/notes/of-ada', await token(eve))).toEqual([403, 403])
    expect(await statuses('/agents/notes/of-nobody-1', await token())).toEqual([403, 403])
    expect(await statuses('/agents/board/of-ada', await token(eve))).toEqual([200, 101])
  })

  it('AuthAgent(McpAgent) runs a tool call as whoever sent it', async () => {
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 't', version: '1' },
    }
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params }
    const opened = await project.request('/mcp', await token(), initialize, MCP)
    expect(await opened.text()).toContain('"serverInfo"')
    const session = { ...MCP, 'Mcp-Session-Id': opened.headers.get('Mcp-Session-Id') ?? '' }
    await project.request(
      '/mcp',
      await token(),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      session,
    )
    const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'whoami' } }
    expect(await (await project.request('/mcp', await token(), call, session)).text()).toContain(
      '"text":"ada"',
    )
    const denied = await project.request('/mcp', undefined, { ...call, id: 3 }, session)
    expect(denied.status).toBe(500)
  })

  if (!('ai' in versions)) return

  describe('guardTools', () => {
    let serial = 0
    const open = async (claims = ada): Promise<Chat> => {
      const path = `/agents/chat/room-${serial++}`
      const credentials = await token(claims)
      return chatOn(
        await project.connect(path, credentials),
        async () => (await (await project.request(`${path}/get-messages`, credentials)).json()) as Message[],
      )
    }

    it('runs a tool for whoever spoke', async () => {
      const chat = await open()
      await chat.say('call weather {"city":"Rome"} as c1')
      await chat.returned('c1', 'sun in Rome, for ada')
    })

    it.each(['secrets', 'weather'])(
      'denies %s to whoever may not use it, though called by name',
      async (name) => {
        const chat = await open({ ...eve, permissions: [] })
        await chat.say(`call ${name} {"city":"Rome"} as c1`)
        await chat.returned('c1', expect.objectContaining({ denied: true, reason: 'insufficient_rights' }))
      },
    )

    it('runs what needs a yes after the yes', async () => {
      const chat = await open()
      await chat.say('call transfer {"amount":500} as c1')
      await chat.asked('c1')
      expect(JSON.stringify(await chat.history())).not.toContain('500 sent')
      chat.answer('c1', true)
      await chat.returned('c1', '500 sent, for ada')
    })
  })
})
