import { createKit } from './create-kit.ts'
import type { DenylistStore } from '../tokens/revocation.ts'
import { describe, expect, it } from 'vitest'
import { ClaimsError } from '../errors.ts'
import { checkRevoked, issueInternal, type IssueRequest, revokeFor, signingKid } from './issuer.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { createTestIssuer } from '../testing/test-issuer.ts'

const NOW = 1_800_000_000

/** A kit with HS512, and a deny-list that holds whatever is revoked. */
function kitOf(denylist?: DenylistStore) {
  return createKit({
    issuer: 'https://issuer.test',
    audience: 'gateway',
    sign: { secret: generateSecret() },
    now: () => NOW,
    ...(denylist && { denylist }),
  })
}

function memory(): DenylistStore {
  const entries = new Map<string, unknown>()
  return {
    get: (keys) => Promise.resolve(new Map(keys.map((key) => [key, entries.get(key) ?? null]))),
    put: (key, value) => {
      entries.set(key, JSON.parse(value))
      return Promise.resolve()
    },
  }
}

const partOf = (token: string, index: number): unknown =>
  JSON.parse(atob((token.split('.')[index] ?? '').replaceAll('-', '+').replaceAll('_', '/')))

describe('issueInternal', () => {
  it('issues for the audience and up to the end that it is given, and adds no claim of its own', async () => {
    const request = { claims: { sub: 'user-1', jti: 'id-1' }, aud: 'reports', expiresAt: NOW + 30 }
    const token = await issueInternal(kitOf(), request)
    expect(partOf(token, 0)).toEqual({ alg: 'HS512', typ: 'JWT' })
    expect(partOf(token, 1)).toEqual({
      iss: 'https://issuer.test',
      aud: 'reports',
      sub: 'user-1',
      jti: 'id-1',
      iat: NOW,
      exp: NOW + 30,
    })
  })

  it('sets what sign() reserves, and the typ', async () => {
    const claims = {
      sub: 'user-1',
      kind: 'user',
      act: { sub: 'gateway' },
      auth_iat: NOW - 600,
      permissions: ['read'],
      own: 'x',
    } as const
    const token = await issueInternal(kitOf(), {
      claims,
      aud: 'reports',
      expiresAt: NOW + 30,
      typ: 'session+jwt',
    })
    expect(partOf(token, 0)).toMatchObject({ typ: 'session+jwt' })
    expect(partOf(token, 1)).toMatchObject(claims)
  })

  it.each<[message: string, request: IssueRequest]>([
    ['sub has a wrong type or value', { claims: { sub: '' }, aud: 'a', expiresAt: NOW + 30 }],
    ['exp is not after iat', { claims: { sub: 'a' }, aud: 'a', expiresAt: NOW }],
    ['it lives longer than 3600 s', { claims: { sub: 'a' }, aud: 'a', expiresAt: NOW + 3601 }],
    [
      'kind has a wrong type or value',
      { claims: { sub: 'a', kind: 'x' as never }, aud: 'a', expiresAt: NOW + 9 },
    ],
  ])('rejects what a verifier would reject: %s', async (message, request) => {
    const issuing = issueInternal(kitOf(), request)
    await expect(issuing).rejects.toThrow(ClaimsError)
    await expect(issuing).rejects.toThrow(`a verifier would reject this token: ${message}`)
  })
})

describe('checkRevoked', () => {
  it('rejects a subject and a token that are on the list, and no others', async () => {
    const kit = kitOf(memory())
    await kit.revoke({ sub: 'user-1' })
    await kit.revoke({ jti: 'id-2' })
    const rejected = { reason: 'revoked' }
    await expect(checkRevoked(kit, { sub: 'user-1', iat: NOW })).rejects.toMatchObject(rejected)
    await expect(checkRevoked(kit, { sub: 'user-2', iat: NOW, jti: 'id-2' })).rejects.toMatchObject(rejected)
    await expect(checkRevoked(kit, { sub: 'user-1', iat: NOW + 1, jti: 'id-1' })).resolves.toBeUndefined()
  })

  it('holds a key against the list as well, if it is told which', async () => {
    const kit = kitOf(memory())
    await kit.revoke({ thumbprint: 'a' })
    const claims = { sub: 'user-1', iat: NOW }
    await expect(checkRevoked(kit, claims, 'a')).rejects.toMatchObject({ reason: 'revoked' })
    await expect(checkRevoked(kit, claims, 'b')).resolves.toBeUndefined()
    await expect(checkRevoked(kit, claims)).resolves.toBeUndefined()
  })

  it('lets all pass where there is no list', async () => {
    await expect(checkRevoked(kitOf(), { sub: 'user-1', iat: NOW })).resolves.toBeUndefined()
  })
})

describe('revokeFor', () => {
  it('keeps a subject on the list for as long as a login from before can come back', async () => {
    const lifetimes: number[] = []
    const kit = kitOf({
      ...memory(),
      put: (_key, _value, { expirationTtl }) => Promise.resolve(void lifetimes.push(expirationTtl)),
    })
    await revokeFor(kit, { sub: 'user-1' }, 90 * 86_400)
    await kit.revoke({ sub: 'user-1' })
    expect(lifetimes).toEqual([90 * 86_400, 31 * 86_400])
    await expect(checkRevoked(kit, { sub: 'user-1', iat: NOW })).rejects.toMatchObject({ reason: 'revoked' })
  })

  it('needs a deny-list, and says how to set one', async () => {
    await expect(revokeFor(kitOf(), { sub: 'user-1' }, 1)).rejects.toThrow(
      'revoke needs a KV binding: set JWT_DENYLIST_NAME, or the option denylist',
    )
  })
})

describe('signingKid', () => {
  it('names the slot that signs, and none with HS512', async () => {
    expect(await signingKid(kitOf())).toBeUndefined()
    const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
    if (!('privateKey' in pair)) throw new Error('the runtime made no key pair')
    const { x, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { x?: string; d?: string }
    const privateJwk = { kty: 'OKP', crv: 'Ed25519', x, d, kid: 'key-1', alg: 'EdDSA' }
    const kit = createKit({ issuer: 'https://issuer.test', audience: 'gateway', sign: { privateJwk } })
    expect(await signingKid(kit)).toBe('key-1')
  })

  it('needs a key to sign with', async () => {
    const { binding } = await createTestIssuer()
    const verify = { jwksService: binding }
    const kit = createKit({ issuer: 'https://issuer.test', audience: 'gateway', verify })
    await expect(signingKid(kit)).rejects.toThrow('no key to sign with')
  })
})
