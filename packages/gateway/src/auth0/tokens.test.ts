import { Logger } from '@sealgate/kit/gateway'
import { base64url, exportJWK, generateKeyPair } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Auth0Config } from '../config/auth0.ts'
import { GatewayError } from '../errors.ts'
import { API, type FakeAuth0, fakeAuth0, ISSUER, type TokenOptions } from '../testing/fixtures.ts'
import type { Auth0Rejection } from './auth0-error.ts'
import { Auth0Tokens } from './tokens.ts'

let auth0: FakeAuth0
let now: number
const later = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

beforeAll(async () => {
  auth0 = await fakeAuth0()
})
beforeEach(() => {
  auth0.respond()
  now = Math.floor(Date.now() / 1000)
})

const config: Auth0Config = {
  issuer: ISSUER,
  jwksUrl: `${ISSUER}.well-known/jwks.json`,
  audience: API,
  clients: new Set(['web']),
  organizations: new Set(),
  rights: 'permissions',
  rolesClaim: undefined,
  authTimeClaim: undefined,
  refreshMaxSeconds: 30 * 86_400,
  tokenMaxSeconds: 86_400,
  profile: 'auth0',
}

function tokens(changed: Partial<Auth0Config> = {}): Auth0Tokens {
  return new Auth0Tokens(
    { ...config, ...changed },
    { fetch: auth0.fetch, now: () => now, logger: new Logger({ level: 'off' }) },
  )
}

/** Why a token is rejected, or that it is not. */
async function outcome(
  claims: Readonly<Record<string, unknown>> = {},
  how: TokenOptions = {},
  changed: Partial<Auth0Config> = {},
): Promise<Auth0Rejection | 'accepted'> {
  const result = await tokens(changed).verify(await auth0.token(claims, how))
  return result.ok ? 'accepted' : result.rejection
}

describe('an Auth0 access token', () => {
  it('is accepted, with its claims', async () => {
    const result = await tokens().verify(await auth0.token())
    expect(result).toMatchObject({ ok: true, claims: { sub: 'auth0|alice', azp: 'web' } })
  })

  it('that comes again is held against the clock and the rules again', async () => {
    const gateway = tokens()
    const token = await auth0.token({ exp: now + 60 })
    expect(await gateway.verify(token)).toMatchObject({ ok: true })
    now += 56
    expect(await gateway.verify(token)).toEqual({ ok: false, rejection: 'ends_too_soon' })
    now += 95
    expect(await gateway.verify(token)).toEqual({ ok: false, rejection: 'expired' })
  })

  it('that comes again counts while its key is in the JWK Set, and no longer', async () => {
    const gateway = tokens()
    const token = await auth0.token({ exp: now + 3600 })
    expect(await gateway.verify(token)).toMatchObject({ ok: true })
    const { publicKey } = await generateKeyPair('RS256', { extractable: true })
    const next = { ...(await exportJWK(publicKey)), kid: 'auth0-key', alg: 'RS256', use: 'sig' }
    auth0.respond(() => Response.json({ keys: [next] }))
    now += 301
    await gateway.verify(token)
    await vi.waitFor(async () => {
      expect(await gateway.verify(token)).toEqual({ ok: false, rejection: 'bad_signature' })
    })
  })

  it('says when its user logged in, whatever it says itself in the name of ours', async () => {
    const iat = now - 10
    const token = await auth0.token({ iat, auth_time: iat - 500, auth_iat: iat })
    expect(await tokens().verify(token)).toMatchObject({ ok: true, claims: { auth_iat: iat - 500 } })
    expect(await tokens().verify(await auth0.token({ iat, auth_iat: iat }))).toMatchObject({
      ok: true,
      claims: { auth_iat: iat - 30 * 86_400 },
    })
  })

  const rows: [
    what: string,
    rejection: Auth0Rejection,
    claims: () => Record<string, unknown>,
    how?: TokenOptions,
  ][] = [
    ['of another issuer', 'wrong_issuer', () => ({ iss: 'https://evil.test/' })],
    ['whose issuer lacks the slash', 'wrong_issuer', () => ({ iss: 'https://tenant.test' })],
    ['for another API', 'wrong_audience', () => ({ aud: 'https://other.test' })],
    ['for /userinfo alone', 'wrong_audience', () => ({ aud: `${ISSUER}userinfo` })],
    ['without an audience', 'missing_claim', () => ({ aud: undefined })],
    ['without a subject', 'missing_claim', () => ({ sub: undefined })],
    ['without an end', 'missing_claim', () => ({ exp: undefined })],
    ['without a start', 'missing_claim', () => ({ iat: undefined })],
    ['that ended beyond any leeway', 'expired', () => ({ iat: later(-900), exp: later(-600) })],
    ['that ended a second ago: no leeway', 'ends_too_soon', () => ({ exp: later(-1) })],
    ['with four seconds of lifetime', 'ends_too_soon', () => ({ exp: later(4) })],
    [
      'that lives longer than a revocation counts on',
      'lives_too_long',
      () => ({ iat: later(-10), exp: later(86_391) }),
    ],
    ['that starts later', 'not_yet_valid', () => ({ nbf: later(600) })],
    ['from the future', 'issued_in_future', () => ({ iat: later(600) })],
    ['that is an ID token (nonce)', 'id_token', () => ({ nonce: 'n' })],
    ['that is an ID token (at_hash)', 'id_token', () => ({ at_hash: 'h' })],
    ['bound to a key (RFC 9449)', 'proof_missing', () => ({ cnf: { jkt: 'x' } })],
    ['bound to a certificate (RFC 8705)', 'sender_constrained', () => ({ cnf: { 'x5t#S256': 'x' } })],
    ['of another client', 'unknown_client', () => ({ azp: 'foreign' })],
    ['of no client', 'unknown_client', () => ({ azp: undefined })],
    ['whose azp is no string', 'unknown_client', () => ({ azp: ['web'] })],
    ['of an organization', 'unknown_organization', () => ({ org_id: 'org_1' })],
    ['with another typ', 'wrong_type', () => ({}), { header: { typ: 'logout+jwt' } }],
    [
      'with an unknown critical header',
      'unsupported_crit',
      () => ({}),
      { header: { crit: ['unknown'], unknown: 1 } },
    ],
    ['without a kid', 'missing_kid', () => ({}), { header: { kid: undefined } }],
    ['with an unknown kid', 'unknown_kid', () => ({}), { header: { kid: 'nobody' } }],
  ]
  it.each(rows)('%s is rejected: %s', async (_, rejection, claims, how) => {
    expect(await outcome(claims(), how)).toBe(rejection)
  })

  it('with five seconds of lifetime is accepted', async () => {
    expect(await outcome({ exp: later(6) })).toBe('accepted')
  })

  it('names its client by client_id too', async () => {
    expect(await outcome({ azp: undefined, client_id: 'web' })).toBe('accepted')
  })

  it('counts of any client where none are listed', async () => {
    expect(await outcome({ azp: 'foreign' }, {}, { clients: undefined })).toBe('accepted')
  })

  it.each<[Auth0Config['organizations'], unknown, string]>([
    [new Set(['org_1']), 'org_1', 'accepted'],
    [new Set(['org_1']), undefined, 'unknown_organization'],
    [new Set(), undefined, 'accepted'],
    ['any', undefined, 'accepted'],
    [new Set(['org_1']), 'org_2', 'unknown_organization'],
    ['any', 'org_2', 'accepted'],
    ['any', ['org_2'], 'unknown_organization'],
  ])('where %o count, of the organization %o: %s', async (organizations, orgId, expected) => {
    expect(await outcome({ org_id: orgId }, {}, { organizations })).toBe(expected)
  })
})

describe('the signature', () => {
  it('of another key under the same kid is rejected', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    expect(await outcome({}, { key: privateKey })).toBe('bad_signature')
  })

  it.each(['RS384', 'RS512', 'PS256'])('by %s is rejected: RS256 alone counts', async (alg) => {
    const { privateKey } = await generateKeyPair(alg)
    expect(await outcome({}, { key: privateKey, alg })).toBe('unsupported_alg')
  })

  it('by the public key as an HMAC secret is rejected (RFC 8725 §2.1)', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(auth0.publicJwk))
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign'])
    expect(await outcome({}, { key, alg: 'HS256' })).toBe('unsupported_alg')
  })

  it('that is missing is rejected (alg none)', async () => {
    const [, payload = ''] = (await auth0.token()).split('.')
    const header = btoa('{"alg":"none","typ":"JWT","kid":"auth0-key"}').replaceAll('=', '')
    expect(await tokens().verify(`${header}.${payload}.`)).toEqual({
      ok: false,
      rejection: 'unsupported_alg',
    })
  })

  it.each(['', 'a.b', 'not a token', '{"payload":"x"}'])(
    'of %o is rejected: it is no token',
    async (token) => {
      expect(await tokens().verify(token)).toEqual({ ok: false, rejection: 'malformed' })
    },
  )

  it('by an RSA key of 1024 bits is rejected: the key does not count', async () => {
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) }
    const pair = await crypto.subtle.generateKey({ ...rsa, modulusLength: 1024 }, true, ['sign', 'verify'])
    if (!('privateKey' in pair)) throw new Error('no pair')
    const { kty, n, e } = await exportJWK(pair.publicKey)
    const weak = { kty, n, e, kid: 'weak', alg: 'RS256', use: 'sig' }
    auth0.respond(() => Response.json({ keys: [auth0.publicJwk, weak] }))
    // jose does not sign with so short a key.
    const [header, payload] = (await auth0.token({}, { header: { kid: 'weak' } })).split('.')
    const input = new TextEncoder().encode(`${String(header)}.${String(payload)}`)
    const signature = base64url.encode(
      new Uint8Array(await crypto.subtle.sign(rsa.name, pair.privateKey, input)),
    )
    const result = await tokens().verify(`${String(header)}.${String(payload)}.${signature}`)
    expect(result).toEqual({ ok: false, rejection: 'unknown_kid' })
  })
})

describe('the profile of RFC 9068', () => {
  const strict = { profile: 'rfc9068' } as const
  const claims = { azp: undefined, client_id: 'web', jti: '1' }
  const typed = { header: { typ: 'at+jwt' } }

  it('is met', async () => {
    expect(await outcome(claims, typed, strict)).toBe('accepted')
    expect(await outcome(claims, { header: { typ: 'application/AT+JWT' } }, strict)).toBe('accepted')
  })

  it.each<[string, object, TokenOptions, Auth0Rejection]>([
    ['typ', {}, {}, 'wrong_type'],
    ['any typ', {}, { header: { typ: undefined } }, 'wrong_type'],
    ['jti', { jti: undefined }, typed, 'not_rfc9068'],
    ['client_id', { azp: 'web', client_id: undefined }, typed, 'not_rfc9068'],
  ])('is rejected without its %s', async (_, change, how, rejection) => {
    expect(await outcome({ ...claims, ...change }, how, strict)).toBe(rejection)
  })
})

describe('Auth0’s keys', () => {
  it('are fetched once', async () => {
    const verifier = tokens()
    const before = auth0.fetches
    for (let time = 0; time < 3; time++) await verifier.verify(await auth0.token())
    expect(auth0.fetches - before).toBe(1)
  })

  it('are not requested again by a flood of unknown kids', async () => {
    const verifier = tokens()
    await verifier.verify(await auth0.token())
    // Past the cooldown of the first fetch.
    now += 31
    const before = auth0.fetches
    for (let index = 0; index < 20; index++) {
      await verifier.verify(await auth0.token({}, { header: { kid: `kid-${index}` } }))
    }
    expect(auth0.fetches - before).toBe(1)
  })

  it('go on serving while Auth0 is down', async () => {
    const verifier = tokens()
    await verifier.verify(await auth0.token())
    auth0.respond(() => new Response('down', { status: 500 }))
    now += 600
    expect(await verifier.verify(await auth0.token())).toMatchObject({ ok: true })
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['status 500', () => new Response('down', { status: 500 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { Location: 'https://evil.test/' } })],
    ['HTML', () => new Response('<html>')],
    ['an exception', () => Promise.reject(new Error('network'))],
    ['too large a set', () => new Response(`{"keys":[],"x":"${'x'.repeat(70_000)}"}`)],
  ])('that cannot be had are Auth0’s outage: %s', async (_, how) => {
    auth0.respond(how)
    const failure = await tokens()
      .verify(await auth0.token())
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(GatewayError)
    expect(failure).toMatchObject({ code: 'auth0_unavailable' })
    expect(failure).toHaveProperty('headers.Retry-After')
  })

  it('never serve when a private member is in them', async () => {
    auth0.respond(() => Response.json({ keys: [{ ...auth0.publicJwk, d: 'AQAB' }] }))
    await expect(tokens().verify(await auth0.token())).rejects.toMatchObject({ code: 'auth0_unavailable' })
  })
})
