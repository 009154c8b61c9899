import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import {
  ClaimsError,
  ConfigError,
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
