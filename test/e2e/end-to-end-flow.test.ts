import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers, type TenantUser } from 'sealgate/internal'
import { bearer, exchangeOf, startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.close())

const users: readonly TenantUser[] = Object.values(demoUsers)
/** A demo user by what they may do. */
function userWith(what: (user: TenantUser) => boolean): TenantUser {
  const found = users.find((user) => user.blocked !== true && user.mfa !== true && what(user))
  if (!found) throw new Error('no demo user is like that')
  return found
}
const analyst = userWith(({ roles }) => roles.includes('analyst'))
const admin = userWith(({ roles }) => roles.includes('admin'))
const premium = userWith(({ roles }) => roles.includes('premium'))
const nobody = userWith(({ permissions }) => permissions.length === 0)

describe('the end-to-end flow', () => {
  it('turns an Auth0 token into an internal one for one service', async () => {
    const response = await system.exchange(exchangeOf(await system.login(analyst)))
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const answer = (await response.json()) as { access_token: string; expires_in: number }
    expect(answer).toMatchObject({
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
    expect(decodeProtectedHeader(answer.access_token)).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: 'slot-b' })
    const claims = decodeJwt(answer.access_token)
    expect(claims).toMatchObject({
      iss: 'https://gateway.internal',
      aud: 'reports',
      sub: analyst.sub,
      kind: 'user',
      permissions: [...analyst.permissions],
      roles: ['analyst'],
      act: { iss: 'https://gateway.internal', sub: 'gateway' },
    })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(answer.expires_in)
    expect(answer.expires_in).toBeLessThanOrEqual(900)
  })

  it('passes an e-mail address on when the user has proved it, and not before', async () => {
    // Auth0 puts both claims into an access token when an Action adds them.
    const issued = async ({ sub, email, emailVerified }: TenantUser): Promise<object> => {
      const subject = system.tenant.control.issue({ sub, email, email_verified: emailVerified ?? true })
      const { access_token: token } = (await (await system.exchange(exchangeOf(subject))).json()) as {
        access_token: string
      }
      return decodeJwt(token)
    }
    expect(await issued(analyst)).toMatchObject({ email: analyst.email, email_verified: true })
    const claims = await issued(userWith(({ emailVerified }) => emailVerified === false))
    expect(claims).not.toHaveProperty('email')
    expect(claims).not.toHaveProperty('email_verified')
  })

  it('is accepted by the consumer, over a JWKS from the service binding', async () => {
    const response = await system.consumer('/whoami', bearer(await system.tokenOf(analyst)))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ sub: analyst.sub, kind: 'user', roles: ['analyst'] })
  })

  it('is done by the gateway on the way, for whoever sends the Auth0 token', async () => {
    const response = await system.gateway('/api/whoami', bearer(await system.login(analyst)))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ sub: analyst.sub, actor: { sub: 'gateway' } })
    expect(response.headers.get('X-Request-Id')).toBeTruthy()
  })

  const rules: [who: string, user: TenantUser, path: string, status: number][] = [
    ['an analyst', analyst, '/reports', 200],
    ['a user without rights', nobody, '/reports', 403],
    ['a user without rights', nobody, '/secure', 200],
    ['an admin', admin, '/admin/users', 200],
    ['an analyst', analyst, '/admin/users', 403],
    ['a premium user', premium, '/secret-data', 200],
    ['an analyst', analyst, '/secret-data', 403],
  ]
  it.each(rules)('%s: %o at %s gives %i, directly and through the gateway', async (_, user, path, status) => {
    const direct = await system.consumer(path, bearer(await system.tokenOf(user)))
    const through = await system.gateway(`/api${path}`, bearer(await system.login(user)))
    expect([direct.status, through.status]).toEqual([status, status])
    const challenge = direct.headers.get('WWW-Authenticate') ?? ''
    if (status === 403) expect(challenge).toContain('error="insufficient_scope"')
  })
})

describe('without the right token', () => {
  it('is 401 with a bare challenge to a caller without one', async () => {
    const response = await system.consumer('/secure')
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  it('rejects the Auth0 token itself at the consumer', async () => {
    const response = await system.consumer('/secure', bearer(await system.login(analyst)))
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toContain('invalid_token')
  })

  it('rejects an internal token as a subject token', async () => {
    const response = await system.exchange(exchangeOf(await system.tokenOf(analyst)))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request', source: 'gateway' })
  })

  it('rejects an internal token at the gateway itself', async () => {
    const response = await system.gateway('/api/secure', bearer(await system.tokenOf(analyst)))
    expect(response.status).toBe(401)
  })
})
