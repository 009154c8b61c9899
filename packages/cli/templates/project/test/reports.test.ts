import { createTestIssuer } from '@sealgate/kit/testing'
import { expect, it } from 'vitest'
import reports from '../services/reports/index.ts'

// An issuer in memory: the service runs with the real kit, and with no gateway and no network.
const issuer = await createTestIssuer({ audience: 'reports' })

function request(path: string, token?: string): Response | Promise<Response> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return reports.request(path, { headers }, issuer.env)
}

it('shows reports to analysts who may read them', async () => {
  const token = await issuer.token({ sub: 'ada', permissions: ['read:reports'], roles: ['analyst'] })
  const response = await request('/api/reports', token)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ reports: ['2026-10'], for: 'ada' })
})

it.each([
  ['nobody', undefined, 401],
  ['somebody without the permission', issuer.token({ roles: ['analyst'] }), 403],
  ['somebody without the role', issuer.token({ permissions: ['read:reports'] }), 403],
  ['somebody whose token has expired', issuer.expired({ permissions: ['read:reports'] }), 401],
  ['somebody with a forged token', issuer.forged({ permissions: ['read:reports'] }), 401],
  ['a caller with a token for another service', issuer.token({ roles: ['admin'] }, { aud: 'billing' }), 401],
])('denies them to %s', async (_, token, status) => {
  expect((await request('/api/reports', await token)).status).toBe(status)
})

it('responds with 503 while there are no keys, and denies nobody for it', async () => {
  const down = await createTestIssuer({ audience: 'reports' })
  down.break()
  const headers = { Authorization: `Bearer ${await down.token()}` }
  expect((await reports.request('/api/whoami', { headers }, down.env)).status).toBe(503)
})

it('says that there is nothing elsewhere, with the id by which the log has it', async () => {
  const response = await reports.request(
    '/elsewhere',
    { headers: { 'X-Request-Id': 'one-request' } },
    issuer.env,
  )
  expect([response.status, await response.json()]).toEqual([
    404,
    { error: 'not_found', request_id: 'one-request' },
  ])
})
