import { base64url } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Config, parseConfig } from './read-config.ts'
import { gatewayEnv } from '../testing/fixtures.ts'

const SECRET = base64url.encode(new Uint8Array(32).fill(7))
const SESSIONS = { idFromName: () => 'id', get: () => undefined }

function parse(more: Readonly<Record<string, unknown>>): Config {
  const env = gatewayEnv({
    JWT_SECRET: 'x',
    AUTH0_CLIENT_ID: 'web',
    AUTH0_CLIENT_SECRET: 'secret',
    SESSION_SECRET: SECRET,
    SESSIONS,
    ...more,
  })
  return parseConfig(env, { audiences: {}, routes: [] })
}

describe('sessions', () => {
  it('are on with a client, a secret and a place to keep them', () => {
    expect(parse({}).session).toMatchObject({ store: SESSIONS, secrets: [{ byteLength: 32 }] })
  })

  it('need no Durable Object in cookies', () => {
    expect(parse({ SESSION_STORE: 'cookie', SESSIONS: undefined }).session?.store).toBe('cookie')
  })

  it('are off without a client at Auth0, and without a secret', () => {
    expect(parse({ AUTH0_CLIENT_ID: '', AUTH0_CLIENT_SECRET: '' }).session).toBeUndefined()
    expect(parse({ SESSION_SECRET: undefined, AUTH0_CONNECTION: 'users' }).session).toBeUndefined()
  })

  it('take the secret under its other name, and several of them', () => {
    const AUTH0_SESSION_ENCRYPTION_KEY = `${SECRET}, ${SECRET},`
    const { session } = parse({ SESSION_SECRET: undefined, AUTH0_SESSION_ENCRYPTION_KEY })
    expect(session?.secrets).toHaveLength(2)
  })

  it.each([
    ['openssl rand -base64 32', `${btoa('?>'.repeat(16))}\n`],
    ['base64 in lines', btoa('?>'.repeat(48)).replaceAll(/.{64}/g, '$&\n')],
    ['hex: and openssl rand -hex 32', `hex:${'3f3e'.repeat(16)}`],
    ['base64url in quotes', `"${SECRET}"`],
  ])('take a secret from %s', (_, SESSION_SECRET) => {
    const lengths = parse({ SESSION_SECRET }).session?.secrets.map(({ byteLength }) => byteLength)
    expect([[32], [96]]).toContainEqual(lengths)
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a secret in hexadecimal', { SESSION_SECRET: '3f3e'.repeat(16) }, /: it looks hexadecimal: write hex:/],
    [
      'a short secret',
      { SESSION_SECRET: SECRET.slice(4) },
      /^SESSION_SECRET must be base64url or base64 of at least 32 random bytes: it has 29/,
    ],
    ['one short secret of two', { SESSION_SECRET: `${SECRET},c2hvcnQ` }, /^SESSION_SECRET must be base64url/],
    [
      'a secret that is a sentence',
      { SESSION_SECRET: 'a long sentence, but not base64url!' },
      /^SESSION_SECRET must/,
    ],
    ['no secret in the list', { SESSION_SECRET: ' , ' }, /^SESSION_SECRET must/],
    ['another store', { SESSION_STORE: 'kv' }, /SESSION_STORE must be do or cookie/],
    ['no Durable Object', { SESSIONS: undefined }, /^SESSIONS is no Durable Object binding/],
    ['a binding that is none', { SESSIONS: { fetch: () => undefined } }, /^SESSIONS is no Durable Object/],
    [
      'a client whose tokens do not count',
      { AUTH0_CLIENTS: 'other' },
      /^AUTH0_CLIENTS lacks AUTH0_CLIENT_ID/,
    ],
    ['a scope without openid', { AUTH0_SCOPE: 'profile' }, /^AUTH0_SCOPE must contain openid/],
    ['production without BASE_URL', { WORKER_ENV: 'production' }, /^BASE_URL is required for logins/],
    ['staging on http', { WORKER_ENV: 'staging', BASE_URL: 'http://127.0.0.1:1' }, /^BASE_URL must be https/],
  ])('are rejected with %s', (_, more, message) => {
    expect(() => parse(more)).toThrow(message)
  })

  it('never show the secret in a rejection', () => {
    const SESSION_SECRET = 'canary-canary'
    expect(() => parse({ SESSION_SECRET })).toThrow(/^(?!.*canary)SESSION_SECRET must/)
  })
})
