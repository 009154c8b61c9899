import { createKit } from '../kit/create-kit.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Decision } from '../http/decision.ts'
import type { Kit } from '../kit/kit.ts'
import { policy } from '../policy/builder.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'
import { authenticateUpgrade, type Upgrade, type UpgradeOptions } from './upgrade.ts'

const HEADER = 'Sec-WebSocket-Protocol'
let issuer: TestIssuer
let kit: Kit
let token: string

beforeAll(async () => {
  issuer = await createTestIssuer()
  kit = createKit({
    issuer: 'https://issuer.test',
    audience: 'test-service',
    verify: { jwksService: issuer.binding },
  })
  token = await issuer.token({ sub: 'alice' })
})

interface Offered {
  readonly protocols?: string
  readonly authorization?: string
  readonly query?: string
  readonly requestId?: string
}

function upgrade(offered: Offered, options: Partial<UpgradeOptions> = {}): Promise<Upgrade> {
  const headers = new Headers()
  if (offered.protocols !== undefined) headers.set(HEADER, offered.protocols)
  if (offered.authorization !== undefined) headers.set('Authorization', offered.authorization)
  if (offered.requestId !== undefined) headers.set('X-Request-Id', offered.requestId)
  const request = new Request(`https://service.test/socket${offered.query ?? ''}`, { headers })
  return authenticateUpgrade(request, { kit, ...options })
}

const outcome = ({ decision }: Upgrade): string =>
  decision.granted ? decision.auth.sub : `${decision.status} ${decision.reason}`

describe('where the token may stand', () => {
  it.each<[what: string, offered: () => Offered, result: string]>([
    ['the subprotocols of a browser', () => ({ protocols: `sealgate, sealgate.bearer.${token}` }), 'alice'],
    ['the other order', () => ({ protocols: `sealgate.bearer.${token},sealgate` }), 'alice'],
    [
      'beside protocols of the service',
      () => ({ protocols: `chat, sealgate, sealgate.bearer.${token}` }),
      'alice',
    ],
    ['an Authorization header', () => ({ authorization: `Bearer ${token}` }), 'alice'],
    ['nowhere', () => ({}), '401 no_credentials'],
    ['nowhere, with sealgate offered', () => ({ protocols: 'sealgate' }), '401 no_credentials'],
    ['the query, which is off', () => ({ query: `?token=${token}` }), '401 no_credentials'],
    [
      'subprotocols without sealgate',
      () => ({ protocols: `sealgate.bearer.${token}` }),
      '400 malformed_credentials',
    ],
    [
      'an empty subprotocol',
      () => ({ protocols: 'sealgate, sealgate.bearer.' }),
      '400 malformed_credentials',
    ],
    ['a malformed header', () => ({ authorization: 'Bearer a b' }), '400 malformed_credentials'],
    [
      'two subprotocols',
      () => ({ protocols: `sealgate, sealgate.bearer.${token}, sealgate.bearer.${token}` }),
      '400 malformed_credentials',
    ],
    [
      'header and subprotocol, though they are equal',
      () => ({ protocols: `sealgate, sealgate.bearer.${token}`, authorization: `Bearer ${token}` }),
      '400 malformed_credentials',
    ],
  ])('%s', async (_, offered, result) => {
    expect(outcome(await upgrade(offered()))).toBe(result)
  })

  it.each<[what: string, offered: () => Offered, result: string]>([
    ['once', () => ({ query: `?token=${token}` }), 'alice'],
    ['twice', () => ({ query: `?token=${token}&token=${token}` }), '400 malformed_credentials'],
    ['empty', () => ({ query: '?token=' }), '400 malformed_credentials'],
    [
      'beside a header',
      () => ({ query: `?token=${token}`, authorization: `Bearer ${token}` }),
      '400 malformed_credentials',
    ],
  ])('the query, switched on: %s', async (_, offered, result) => {
    expect(outcome(await upgrade(offered(), { query: 'token' }))).toBe(result)
  })
})

describe('the request that is passed on', () => {
  it('has the token in Authorization alone', async () => {
    const { request } = await upgrade({ protocols: `chat, sealgate, sealgate.bearer.${token}` })
    expect(request.headers.get('Authorization')).toBe(`Bearer ${token}`)
    expect(request.headers.get(HEADER)).toBe('chat, sealgate')
    expect(request.url).toBe('https://service.test/socket')
  })

  it('has no token in its URL, and the other parameters', async () => {
    const { request } = await upgrade({ query: `?room=1&token=${token}` }, { query: 'token' })
    expect(request.headers.get('Authorization')).toBe(`Bearer ${token}`)
    expect(request.url).toBe('https://service.test/socket?room=1')
  })

  it.each<[what: string, offered: () => Offered]>([
    [
      'header and subprotocol',
      () => ({ protocols: `sealgate, sealgate.bearer.${token}`, authorization: `Bearer ${token}` }),
    ],
    ['the query twice', () => ({ query: `?token=${token}&token=${token}` })],
  ])('has no token at all when the upgrade is rejected: %s', async (_, offered) => {
    const { decision, request } = await upgrade(offered(), { query: 'token' })
    expect(decision.granted).toBe(false)
    expect(JSON.stringify([request.url, ...request.headers])).not.toContain(token)
  })
})

describe('which request it is about', () => {
  it('is said to the next hop, with a trace of its own', async () => {
    const { request } = await upgrade({ authorization: `Bearer ${token}`, requestId: 'a1b2c3d4' })
    expect(request.headers.get('X-Request-Id')).toBe('a1b2c3d4')
    expect(request.headers.get('traceparent')).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
  })

  it('is said to the next hop as to the client, when the client named none', async () => {
    const upgraded = await upgrade({ requestId: '{"event":"forged"}' })
    const id = upgraded.request.headers.get('X-Request-Id')
    expect(id).toMatch(/^[\da-f-]{36}$/)
    const response = upgraded.accept(new Response('open'))
    expect(response.headers.get('X-Request-Id')).toBe(id)
    expect(await response.json()).toMatchObject({ request_id: id })
  })
})

describe('the decision', () => {
  it('is 403 when the policy does not pass', async () => {
    const rejected = await upgrade(
      { authorization: `Bearer ${token}` },
      { policy: policy().rolesAny('admin') },
    )
    expect(outcome(rejected)).toBe('403 insufficient_rights')
  })

  it('is 503 when the keys cannot be had: nobody is logged out by an outage', async () => {
    const broken = createKit({
      issuer: 'https://issuer.test',
      audience: 'test-service',
      verify: { jwksService: { fetch: () => Promise.reject(new Error('down')) } },
      onEvent: () => undefined,
    })
    const rejected = await upgrade({ authorization: `Bearer ${token}` }, { kit: broken })
    expect(outcome(rejected)).toBe('503 keys_unavailable')
    const answer = rejected.accept(new Response('open'))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/)
  })

  it('reaches onDecision once, without the token', async () => {
    const decisions: Decision[] = []
    const onDecision = (decision: Decision): number => decisions.push(decision)
    await upgrade({ protocols: `sealgate.bearer.${token}` }, { onDecision })
    await upgrade({ authorization: `Bearer ${token}` }, { onDecision })
    expect(decisions.map(({ granted }) => granted)).toEqual([false, true])
    expect(JSON.stringify(decisions)).not.toContain(token)
  })
})

describe('the response', () => {
  it('of a rejected upgrade is its denial, whatever the service answers', async () => {
    const answer = (await upgrade({})).accept(new Response('secret'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(await answer.text()).not.toContain('secret')
  })

  it('that is no 101 stays as it is', async () => {
    const response = new Response('too late', { status: 426 })
    expect((await upgrade({ protocols: `sealgate, sealgate.bearer.${token}` })).accept(response)).toBe(
      response,
    )
  })
})
