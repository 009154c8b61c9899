import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import type { TestClaims, TestIssuer } from '@sealgate/kit/testing'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../support/agents/client.ts'
import { bearer, issuerOfService, Owned, request } from '../support/agents/service.ts'
import { Owned as OwnedClass, seen } from '../support/agents/worker.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await issuerOfService()
})
beforeEach(() => {
  seen.length = 0
})

const alice: TestClaims = { sub: 'alice', kind: 'user' }
const mallory: TestClaims = { sub: 'mallory', kind: 'user', roles: ['admin'] }
const stub = (name: string): DurableObjectStub => Owned.get(Owned.idFromName(name))

/** The hook as the SDK calls it: the class of the test leaves the second parameter out. */
interface ConnectHook {
  onConnect(connection: unknown, context: { readonly request: Request }): unknown
}

/** What a caller is answered over HTTP and on an upgrade. */
async function statuses(name: string, claims?: TestClaims): Promise<readonly number[]> {
  const credentials = claims ? bearer(await issuer.token(claims)) : {}
  const path = `/agents/owned/${name}`
  return [(await request(path, credentials)).status, (await connect(path, credentials)).status]
}

async function setOwner(name: string, sub: string): Promise<string> {
  return runInDurableObject(stub(name), (agent) => {
    if (!(agent instanceof OwnedClass)) throw new Error('the binding has another class')
    try {
      agent.setOwner(sub)
    } catch (error) {
      return String(error)
    }
    return agent.owner ?? ''
  })
}

function subAgentsOf(agent: unknown): unknown {
  if (!(agent instanceof OwnedClass)) throw new Error('the binding has another class')
  return agent.listSubAgents()
}

describe('an Agent whose name says the owner', () => {
  it('lets the owner in, and nobody else', async () => {
    expect(await statuses('of-alice', alice)).toEqual([200, 101])
    expect(await statuses('of-alice', mallory)).toEqual([403, 403])
    expect(await statuses('of-alice')).toEqual([401, 401])
  })

  it('is not open to a machine or an anonymous caller of that name', async () => {
    expect(await statuses('of-alice', { sub: 'alice', kind: 'machine' })).toEqual([403, 403])
    expect(await statuses('of-alice', { sub: 'alice', kind: 'anonymous' })).toEqual([401, 401])
    expect(seen).toEqual([])
  })

  it('takes no other owner by code', async () => {
    expect(await setOwner('of-alice', 'mallory')).toContain('has another owner')
    expect(await statuses('of-alice', mallory)).toEqual([403, 403])
  })
})

describe('an Agent without an owner', () => {
  it.each(['nobody', 'of-'])('named "%s" responds with 403 to every caller', async (name) => {
    expect(await statuses(name, alice)).toEqual([403, 403])
    expect(await statuses(name)).toEqual([401, 401])
    expect(seen).toEqual([])
  })

  it('gets one by code, once, and keeps it over an eviction', async () => {
    expect(await setOwner('by-code', 'alice')).toBe('alice')
    expect(await setOwner('by-code', 'mallory')).toContain('has another owner')
    expect(await setOwner('by-code', '')).toContain('non-empty')
    await evictDurableObject(stub('by-code'))
    expect(await statuses('by-code', alice)).toEqual([200, 101])
    expect(await statuses('by-code', mallory)).toEqual([403, 403])
  })
})

describe('past the first check', () => {
  /** A connection as a sub-agent gets it: over no upgrade of this Agent's own. */
  function bridged(claims?: object): { readonly calls: string[] } & Record<string, unknown> {
    const calls: string[] = []
    return {
      calls,
      id: 'bridged',
      uri: null,
      tags: [],
      state: claims && { sealgate: { claims } },
      setState: () => calls.push('setState'),
      send: () => calls.push('send'),
      close: (code: number) => calls.push(`close ${code}`),
    }
  }

  /** Calls hooks of the Agent itself, as the SDK does. */
  const withAgent = (run: (agent: OwnedClass) => unknown): Promise<unknown> =>
    runInDurableObject(stub('of-alice'), (agent) => {
      if (!(agent instanceof OwnedClass)) throw new Error('the binding has another class')
      return run(agent)
    })

  it.each([
    ['nobody', undefined, 4401],
    ['somebody else', mallory, 4403],
  ])('a connection of %s gets no frame', async (_, claims, code) => {
    const connection = bridged()
    const headers: HeadersInit = claims ? bearer(await issuer.token(claims)) : {}
    const request = new Request('https://service.test/', { headers })
    await withAgent((agent) => (agent as ConnectHook).onConnect(connection, { request }))
    expect(connection.calls).toEqual([`close ${code}`])
    expect(seen).toEqual([])
  })

  it.each([
    ['nobody', undefined, 4401],
    ['somebody else', { sub: 'mallory', exp: 9e9 }, 4403],
    ['the owner, whose token ended', { sub: 'alice', exp: 1 }, 4401],
  ])('a frame of %s is not looked at', async (_, claims, code) => {
    const connection = bridged(claims)
    const call = JSON.stringify({ type: 'rpc', id: '1', method: 'increment', args: [] })
    await withAgent((agent) => agent.onMessage(connection as never, call))
    expect(connection.calls).toEqual([`close ${code}`])
    expect(seen).toEqual([])
  })
})

it('no client opens a sub-agent by the header that the SDK marks its own upgrades with', async () => {
  const marked = 'https://service.test/agents/owned/of-alice/sub/guarded/unasked'
  const headers = { ...bearer(await issuer.token(alice)), 'X-Cf-Agents-Subagent-Url': marked }
  await (await connect('/agents/owned/of-alice', headers)).frame('welcome')
  expect(seen).toEqual(['connect'])
  expect(await runInDurableObject(stub('of-alice'), subAgentsOf)).toEqual([])
})

it('a hook that a later class would put in front of the check cannot be made', async () => {
  class Late extends OwnedClass {
    override onMessage = (): void => undefined
  }
  const thrown = await runInDurableObject(stub('of-alice'), (_, state) => {
    const env = {} as never
    try {
      return new Late(state, env).name
    } catch (error) {
      return error
    }
  })
  expect(String(thrown)).toMatch(/TypeError.*onMessage/)
})
