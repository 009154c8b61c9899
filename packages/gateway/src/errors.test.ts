import {
  ClaimsError,
  ConfigError,
  KeysUnavailableError,
  RevocationUnavailableError,
  TokenError,
} from '@sealgate/kit'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorResponse, GatewayError, problemOf, rpcFailure } from './errors.ts'
import { expectError } from './testing/fixtures.ts'

function answer(error: unknown): Response {
  const response = errorResponse(error, 'request-1')
  response.headers.set('X-Request-Id', 'request-1')
  return response
}

const rows: [error: unknown, status: number, code: string, retryAfter: string | null][] = [
  [new GatewayError('invalid_subject_token'), 400, 'invalid_request', null],
  [new GatewayError('invalid_actor_token'), 400, 'invalid_request', null],
  [new GatewayError('invalid_target'), 400, 'invalid_target', null],
  [new GatewayError('invalid_scope'), 400, 'invalid_scope', null],
  [new GatewayError('unsupported_grant_type'), 400, 'unsupported_grant_type', null],
  [new GatewayError('invalid_client'), 401, 'invalid_client', null],
  [new GatewayError('client_not_allowed'), 400, 'unauthorized_client', null],
  [new GatewayError('request_too_large'), 413, 'invalid_request', null],
  [new GatewayError('auth0_unavailable'), 503, 'auth0_unavailable', '5'],
  [new GatewayError('service_failed'), 502, 'bad_gateway', null],
  [new ConfigError('JWT_ISS is missing'), 500, 'misconfigured', null],
  [new ClaimsError('a bug'), 500, 'server_error', null],
  [new TokenError('expired', 'it ended'), 401, 'invalid_token', null],
  [new KeysUnavailableError('down', 17), 503, 'temporarily_unavailable', '17'],
  [new RevocationUnavailableError('down', 3), 503, 'temporarily_unavailable', '3'],
  [new Error('anything'), 500, 'server_error', null],
  ['a thrown string', 500, 'server_error', null],
]

describe('over HTTP', () => {
  it.each(rows)('%s is %i %s', async (error, status, code, retryAfter) => {
    const response = answer(error)
    expect(response.headers.get('Retry-After')).toBe(retryAfter)
    await expectError(response, status, code)
  })

  it('says that it was Auth0 only when it was', () => {
    expect(answer(new GatewayError('auth0_unavailable')).headers.get('X-Error-Source')).toBe('auth0')
    expect(answer(new KeysUnavailableError('down', 1)).headers.get('X-Error-Source')).toBe('gateway')
  })

  it.each<[ErrorCode, string | null]>([
    ['no_credentials', 'Bearer'],
    [
      'malformed_credentials',
      'Bearer error="invalid_request", error_description="The credentials are malformed"',
    ],
    ['insufficient_scope', 'Bearer error="insufficient_scope"'],
    ['invalid_client', 'Basic realm="sealgate", charset="UTF-8"'],
    ['invalid_target', null],
  ])('%s is challenged with %s', (code, challenge) => {
    expect(answer(new GatewayError(code)).headers.get('WWW-Authenticate')).toBe(challenge)
  })

  it('tells the caller nothing of what stands in the log', async () => {
    const secretive = [
      new GatewayError('invalid_token', { detail: 'canary' }),
      new ConfigError('canary'),
      new TokenError('expired', 'canary'),
      new Error('canary'),
    ]
    for (const error of secretive) expect(await answer(error).text()).not.toContain('canary')
  })
})

describe('over RPC', () => {
  it('is a value: code, status, and when to try again', () => {
    expect(rpcFailure(new GatewayError('invalid_target'))).toEqual({
      ok: false,
      code: 'invalid_target',
      status: 400,
    })
    expect(rpcFailure(new KeysUnavailableError('down', 17))).toEqual({
      ok: false,
      code: 'temporarily_unavailable',
      status: 503,
      retryAfter: 17,
    })
  })
})

describe('in the log', () => {
  it('is named by its row, by what the caller gets, and by why', () => {
    const policy = { rule: 'has the permission a', held: 'permissions: none' }
    expect(
      problemOf(new GatewayError('insufficient_scope', { detail: 'required_not_held', policy })),
    ).toEqual({
      reason: 'insufficient_scope',
      error: 'insufficient_scope',
      detail: 'required_not_held',
      ...policy,
    })
    expect(problemOf(new GatewayError('no_credentials'))).toEqual({
      reason: 'no_credentials',
      error: 'unauthorized',
      detail: undefined,
    })
    expect(problemOf(new ConfigError('JWT_ISS is missing')).detail).toBe('JWT_ISS is missing')
  })

  it('keeps out the words of errors that are not ours', () => {
    expect(problemOf(new TypeError('canary'))).toEqual({
      reason: 'internal',
      error: 'server_error',
      detail: 'TypeError',
    })
    expect(problemOf('canary').detail).toBe('string')
  })
})
