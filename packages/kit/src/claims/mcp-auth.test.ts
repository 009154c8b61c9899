import { describe, expect, it } from 'vitest'
import { makeKit } from '../index.ts'
import { createTestIssuer, type TestClaims } from '../testing.ts'
import { authInfoOf } from './mcp-auth.ts'

async function infoOf(claims: TestClaims) {
  const issuer = await createTestIssuer({ audience: 'reports' })
  const token = await issuer.token(claims)
  const auth = await makeKit(issuer.env).checkAuth(token)
  if (!auth) throw new Error('the token does not verify')
  return { auth, token, info: authInfoOf(auth) }
}

describe('what an MCP tool knows of its caller', () => {
  it('is the client, the scopes, the end, and the verified caller', async () => {
    const { auth, info } = await infoOf({ sub: 'ada', client_id: 'inspector', permissions: ['read:reports'] })
    expect(info).toEqual({
      token: '',
      clientId: 'inspector',
      scopes: ['read:reports'],
      expiresAt: auth.claims.exp,
      extra: { auth },
    })
  })

  it('is no token: a tool can neither log it nor pass it on', async () => {
    const { info, token } = await infoOf({ sub: 'ada' })
    expect(JSON.stringify(info)).not.toContain(token)
    expect(info.token).toBe('')
  })

  it.each([[undefined], [7], [['a']]])('has no client where the token names none: %j', async (client_id) => {
    expect((await infoOf({ sub: 'ada', client_id })).info.clientId).toBe('')
  })
})
