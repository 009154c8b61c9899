import { describe, expect, it, vi } from 'vitest'
import { outage, denial, type Denied, responseOf } from './decision.ts'

describe('rejection', () => {
  it.each([
    [401, 'no_credentials', 'there is no token'],
    [403, 'cross_site', 'a page of another site sent it'],
  ] as const)('%i has a bare challenge and no error code for %s', async (status, reason, detail) => {
    // Read anew: the texts stand at the top of the module.
    vi.resetModules()
    const fresh = await import('./decision.ts')
    expect(fresh.denial(status, reason, detail)).toStrictEqual({
      granted: false,
      status,
      reason,
      detail,
      challenge: 'Bearer',
      failed: [],
    })
  })

  it.each([
    [400, 'malformed_credentials', 'invalid_request'],
    [401, 'expired', 'invalid_token'],
    [403, 'insufficient_rights', 'insufficient_scope'],
  ] as const)('%i has the code of RFC 6750', async (status, reason, error) => {
    vi.resetModules()
    const fresh = await import('./decision.ts')
    const rejected = fresh.denial(status, reason, 'detail', ['needs read'])
    expect(rejected).toMatchObject({ status, reason, error, failed: ['needs read'] })
    expect(rejected.challenge).toMatch(new RegExp(`^Bearer error="${error}", error_description="[^"]+"$`))
  })
})

it('outage says nothing about the caller', () => {
  expect(outage('keys_unavailable', 'detail', 7)).toStrictEqual({
    granted: false,
    status: 503,
    reason: 'keys_unavailable',
    detail: 'detail',
    failed: [],
    retryAfterSeconds: 7,
  })
})

it.each([
  ['rejection', denial(401, 'expired', 'detail')],
  ['outage', outage('keys_unavailable', 'detail', 7)],
])('a %s cannot be turned into a grant', (_, rejected) => {
  expect(Object.isFrozen(rejected)).toBe(true)
})

describe('responseOf', () => {
  const own = (status: Denied['status']): Denied => ({
    granted: false,
    status,
    reason: 'expired',
    detail: 'words for the log alone',
    failed: ['words for the log alone'],
  })
  const invalidToken = denial(401, 'expired', 'words for the log alone')

  it.each<
    [what: string, rejected: Denied, error: string, challenge: string | undefined, retry: string | null]
  >([
    ['a rejection', invalidToken, 'invalid_token', invalidToken.challenge, null],
    ['a rejection of your own', own(403), 'insufficient_scope', 'Bearer', null],
    [
      'an outage',
      outage('keys_unavailable', 'words for the log alone', 7),
      'temporarily_unavailable',
      undefined,
      '7',
    ],
    ['an outage of your own', own(503), 'temporarily_unavailable', undefined, '1'],
  ])('answers %s with its status and one generic sentence', async (_, rejected, error, challenge, retry) => {
    const response = responseOf(rejected, undefined)
    expect(response.status).toBe(rejected.status)
    expect(response.headers.get('WWW-Authenticate') ?? undefined).toBe(challenge)
    expect(response.headers.get('Retry-After')).toBe(retry)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error })
    expect(text).not.toContain('words for the log')
  })
})
