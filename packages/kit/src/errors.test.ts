import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import {
  ClaimsError,
  ConfigError,
  errorOf,
  KeysUnavailableError,
  KitError,
  RevocationUnavailableError,
  TokenError,
} from './errors.ts'

const SECRET_TEXT = 'words for the log alone'

const rows: [
  name: string,
  make: () => KitError,
  code: string,
  status: number,
  body: string,
  headers: Readonly<Record<string, string | null>>,
][] = [
  ['ConfigError', () => new ConfigError(SECRET_TEXT), ConfigError.code, 500, 'server_error', {}],
  ['ClaimsError', () => new ClaimsError(SECRET_TEXT), ClaimsError.code, 500, 'server_error', {}],
  [
    'TokenError',
    () => new TokenError('revoked', SECRET_TEXT),
    TokenError.code,
    401,
    'invalid_token',
    { 'WWW-Authenticate': 'Bearer error="invalid_token"', 'Retry-After': null },
  ],
  [
    'KeysUnavailableError',
    () => new KeysUnavailableError(SECRET_TEXT, 7.2),
    KeysUnavailableError.code,
    503,
    'temporarily_unavailable',
    { 'WWW-Authenticate': null, 'Retry-After': '8' },
  ],
  [
    'RevocationUnavailableError',
    () => new RevocationUnavailableError(SECRET_TEXT, 0),
    RevocationUnavailableError.code,
    503,
    'temporarily_unavailable',
    { 'WWW-Authenticate': null, 'Retry-After': '1' },
  ],
]

describe.each(rows)('%s', (name, make, code, status, body, headers) => {
  it('has its code on the class and on the object', () => {
    const error = make()
    expect(error).toBeInstanceOf(KitError)
    expect(error).toMatchObject({ name, code, status })
    expect(code).toMatch(/^ERR_[A-Z_]+$/)
    expect(error.message).toContain(SECRET_TEXT)
  })

  it('is answered rightly by the default handler of Hono, which tells the caller no more than the status', async () => {
    const app = new Hono().get('/', () => {
      throw make()
    })
    const response = await app.request('/')
    expect(response.status).toBe(status)
    for (const [header, value] of Object.entries(headers)) {
      if (value === null) expect(response.headers.get(header)).toBeNull()
      else expect(response.headers.get(header)).toContain(value)
    }
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Content-Type')).toBe('application/json')
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: body })
    expect(text + JSON.stringify([...response.headers])).not.toMatch(/words for the log|revoked/)
  })
})

describe.each(rows)('%s of one request', (name, make, code, status) => {
  it('names it in its response, and stays what it is', async () => {
    const shared = make()
    const error = errorOf(shared, 'a1b2c3d4')
    expect(error).toBeInstanceOf(KitError)
    expect(error).toBeInstanceOf(shared.constructor)
    if (!(error instanceof KitError)) return
    const { message, stack } = error
    expect(error).toMatchObject({ name, code, status, requestId: 'a1b2c3d4' })
    expect([message, stack]).toEqual([shared.message, shared.stack])
    const response = error.getResponse()
    expect([response.status, response.headers.get('X-Request-Id')]).toEqual([status, 'a1b2c3d4'])
    expect(await response.json()).toMatchObject({ request_id: 'a1b2c3d4' })
    expect(await error.getResponse('another1').json()).toMatchObject({ request_id: 'another1' })
  })

  it('changes nothing of an error that other requests wait for too', async () => {
    const shared = make()
    errorOf(shared, 'a1b2c3d4')
    expect(shared.requestId).toBeUndefined()
    expect(shared.getResponse().headers.has('X-Request-Id')).toBe(false)
    expect(await shared.getResponse().json()).not.toHaveProperty('request_id')
  })
})

it('an error that is not the kit’s is thrown as it is', () => {
  const other = new Error('x')
  expect(errorOf(other, 'a1b2c3d4')).toBe(other)
})

it('has a code for each class that no other has', () => {
  expect(new Set(rows.map(([, , code]) => code)).size).toBe(rows.length)
})

it('says why a token was rejected as a word, as a sentence, and as both', () => {
  expect(new TokenError('revoked', 'its jti is on the deny-list')).toMatchObject({
    reason: 'revoked',
    detail: 'its jti is on the deny-list',
    message: 'revoked: its jti is on the deny-list',
  })
})

it('the wire hears one text for each code', async () => {
  vi.resetModules()
  const errors = await import('./errors.ts')
  const { bearerChallenge: challenge, errorResponse: respond } = errors
  expect(
    [errors.INVALID_REQUEST, errors.INVALID_TOKEN, errors.INSUFFICIENT_SCOPE].map((text) => challenge(text)),
  ).toEqual([
    'Bearer error="invalid_request", error_description="The request carries its credentials in a malformed way"',
    'Bearer error="invalid_token", error_description="The access token is missing, expired or not acceptable here"',
    'Bearer error="insufficient_scope", error_description="The access token does not grant what this resource requires"',
  ])
  const texts = [respond(503, errors.TEMPORARILY_UNAVAILABLE), new errors.ConfigError('x').getResponse()].map(
    (response) => response.json(),
  )
  expect(await Promise.all(texts)).toEqual([
    {
      error: 'temporarily_unavailable',
      error_description: 'The keys to check the access token are not available; try again shortly',
    },
    { error: 'server_error', error_description: 'The service is misconfigured' },
  ])
})

it('each error class has its code and name, as a static member too', async () => {
  vi.resetModules()
  const errors = await import('./errors.ts')
  const { ClaimsError: Claims, ConfigError: Config, TokenError: Token } = errors
  const { KeysUnavailableError: Keys, RevocationUnavailableError: Revocation } = errors
  const { CredentialsGoneError: Gone } = errors
  const made = [
    [Config, new Config('x')],
    [Claims, new Claims('x')],
    [Token, new Token('expired', 'x')],
    [Gone, new Gone('x')],
    [Keys, new Keys('x', 1)],
    [Revocation, new Revocation('x', 1)],
  ] as const
  expect(made.map(([{ code }, error]) => [code, error.code, error.name])).toEqual([
    ['ERR_CONFIG', 'ERR_CONFIG', 'ConfigError'],
    ['ERR_CLAIMS', 'ERR_CLAIMS', 'ClaimsError'],
    ['ERR_TOKEN', 'ERR_TOKEN', 'TokenError'],
    ['ERR_CREDENTIALS_GONE', 'ERR_CREDENTIALS_GONE', 'CredentialsGoneError'],
    ['ERR_KEYS_UNAVAILABLE', 'ERR_KEYS_UNAVAILABLE', 'KeysUnavailableError'],
    ['ERR_REVOCATION_UNAVAILABLE', 'ERR_REVOCATION_UNAVAILABLE', 'RevocationUnavailableError'],
  ])
})
