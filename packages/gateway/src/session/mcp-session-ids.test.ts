import { describe, expect, it } from 'vitest'
import type { SubjectClaims } from '../auth0/subject.ts'
import type { McpResource } from '../config/mcp.ts'
import { CookieEncryption } from './encryption.ts'
import { McpSessionIds, SESSION_HEADER } from './mcp-session-ids.ts'

const NOW = 1_800_000_000
const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const idsWith = (secrets: Uint8Array[], now = NOW): McpSessionIds =>
  new McpSessionIds(new CookieEncryption(secrets), () => now)
const ids = idsWith([secret(1)])

const claims: SubjectClaims = {
  iss: 'https://tenant.test/',
  sub: 'auth0|alice',
  azp: 'inspector',
  iat: NOW,
  auth_iat: NOW,
  exp: NOW + 3600,
}
const resource = { resource: 'https://gateway.test/mcp' } as McpResource
const owner = { claims, resource }

/** What a client gets for an id of a service. */
async function given(id = 'inner', by = ids): Promise<string> {
  const headers = new Headers({ [SESSION_HEADER]: id })
  await by.conceal(headers, owner, { given: null, own: undefined })
  return headers.get(SESSION_HEADER) ?? ''
}

const carrying = (id: string): Request =>
  new Request('https://gateway.test/mcp', { headers: { [SESSION_HEADER]: id } })

describe('the id of a session', () => {
  it('is another for the client than for the service, in visible ASCII, and opens for its owner', async () => {
    const id = await given()
    expect(id).toMatch(/^[\x21-\x7e]{50,1024}$/)
    expect(id).not.toContain('inner')
    expect(await ids.open(carrying(id), owner)).toBe('inner')
  })

  it.each([
    ['another user', { sub: 'auth0|bob' }, {}],
    ['the same user of another issuer', { iss: 'https://other.test/' }, {}],
    ['the same user through another client', { azp: 'other' }, {}],
    ['the same caller at another resource', {}, { resource: 'https://gateway.test/other' }],
  ])('is unknown for %s', async (_, changedClaims, changedResource) => {
    const other = {
      claims: { ...claims, ...changedClaims },
      resource: { ...resource, ...changedResource },
    }
    await expect(ids.open(carrying(await given()), other)).rejects.toMatchObject({ code: 'not_found' })
  })

  it.each([
    ['the service’s own', () => 'inner'],
    ['a changed one', async () => `${(await given()).slice(0, -3)}AAA`],
    ['one of another gateway', () => given('inner', idsWith([secret(2)]))],
    ['one that ended', () => given('inner', idsWith([secret(1)], NOW - 604_801))],
    ['none', () => ''],
  ])('is unknown when it is %s', async (_, id) => {
    await expect(ids.open(carrying(await id()), owner)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('stays the same while the service names the same session', async () => {
    const headers = new Headers({ [SESSION_HEADER]: 'inner' })
    await ids.conceal(headers, owner, { given: 'outer', own: 'inner' })
    expect(headers.get(SESSION_HEADER)).toBe('outer')
    headers.set(SESSION_HEADER, 'new')
    await ids.conceal(headers, owner, { given: 'outer', own: 'inner' })
    expect(await ids.open(carrying(headers.get(SESSION_HEADER) ?? ''), owner)).toBe('new')
  })

  it('outlives a rotation of the secret', async () => {
    const rotated = idsWith([secret(3), secret(1)])
    expect(await rotated.open(carrying(await given()), owner)).toBe('inner')
  })

  it('of a service is at most 512 characters long', async () => {
    expect(await ids.open(carrying(await given('x'.repeat(512))), owner)).toHaveLength(512)
    await expect(given('x'.repeat(513))).rejects.toMatchObject({ code: 'service_failed' })
  })

  it('is not needed: a request and a response without one pass', async () => {
    const request = new Request('https://gateway.test/mcp')
    expect(await ids.open(request, owner)).toBeUndefined()
    const headers = new Headers()
    await ids.conceal(headers, owner, { given: null, own: undefined })
    expect([...headers]).toEqual([])
  })
})
