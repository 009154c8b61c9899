import { expect, it } from 'vitest'
import { denial, outage } from '../http/decision.ts'
import { correlationOf } from '../log/correlation.ts'
import { denialResponse } from './denial-response.ts'

it.each([
  ['a denial', denial(401, 'expired', 'detail')],
  ['an outage', outage('keys_unavailable', 'detail', 7)],
])('%s names the request in its body and in a header', async (_, rejected) => {
  const headers = { 'X-Request-Id': 'a1b2c3d4' }
  const response = denialResponse(rejected, new Request('https://a.test', { headers }))
  expect(response.headers.get('X-Request-Id')).toBe('a1b2c3d4')
  expect(await response.json()).toMatchObject({ request_id: 'a1b2c3d4' })
})

it('names a request that has no id as its log lines do', async () => {
  const request = new Request('https://a.test', { headers: { 'X-Request-Id': '{"forged":1}' } })
  const { requestId } = correlationOf(request)
  expect(requestId).toHaveLength(36)
  expect(await denialResponse(denial(401, 'expired', ''), request).json()).toMatchObject({
    request_id: requestId,
  })
})

it('names none where none is given', async () => {
  const response = denialResponse(denial(401, 'expired', ''))
  expect(response.headers.has('X-Request-Id')).toBe(false)
  expect(await response.json()).not.toHaveProperty('request_id')
})
