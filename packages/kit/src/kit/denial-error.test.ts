import { expect, it } from 'vitest'
import { denial } from '../http/decision.ts'
import { DenialError } from './denial-error.ts'

it('says to the client what a response would, and keeps the reason for logs', async () => {
  const decision = denial(403, 'insufficient_rights', 'the policy does not grant this', ['is an admin'])
  const error = new DenialError(decision)
  expect([error.code, DenialError.code, error.name]).toEqual(['ERR_DENIED', 'ERR_DENIED', 'DenialError'])
  expect(error).toMatchObject({ status: 403, decision: { reason: 'insufficient_rights' } })
  expect(error.message).toBe(
    'insufficient_scope: The access token does not grant what this resource requires',
  )
  const response = error.getResponse('request-1')
  expect([response.status, response.headers.get('X-Request-Id')]).toEqual([403, 'request-1'])
  expect(await response.text()).not.toContain('admin')
})
