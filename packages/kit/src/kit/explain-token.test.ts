import { beforeAll, describe, expect, it, vi } from 'vitest'
import { KeysUnavailableError } from '../errors.ts'
import { thumbprintOf } from '../jose/thumbprint.ts'
import { createKit } from './create-kit.ts'
import { explainToken, type TokenRuleName } from './explain-token.ts'
import { issueInternal } from './issuer.ts'
import type { Kit } from './kit.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'

const RULES: readonly TokenRuleName[] = [
  ...(['form', 'algorithm', 'type', 'key', 'signature', 'claims'] as const),
  ...(['lifetime', 'time', 'issuer', 'audience', 'revocation'] as const),
]

const OPTIONS = { issuer: 'https://issuer.test', audience: 'reports' }
const aud = 'reports'

/** Keys of RFC 8032 §7.1, so that nothing depends on chance. */
const privateJwk = {
  ...{ kty: 'OKP', crv: 'Ed25519', kid: 'a' },
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

let kit: Kit
let now = 1_800_000_000
const revoked = new Set<string>()
const denylist = {
  get: (keys: string[]) =>
    Promise.resolve(
      new Map(
        keys.map((key) => [
          key,
          [...revoked].some((kind) => key.includes(`:${kind}:`)) ? { before: 2e9 } : null,
        ]),
      ),
    ),
  put: () => Promise.resolve(),
}

beforeAll(() => {
  kit = createKit({ ...OPTIONS, sign: { privateJwk }, now: () => now })
})

/** The rules by outcome. */
async function outcomes(token: string, by = kit, typ?: string): Promise<Record<string, readonly string[]>> {
  const { rules } = await explainToken(by, token, { aud, ...(typ !== undefined && { typ }) })
  expect(rules.map(({ rule }) => rule)).toEqual(RULES)
  const named = (wanted: boolean | null): readonly string[] =>
    rules.filter(({ passed }) => passed === wanted).map(({ rule }) => rule)
  return { failed: named(false), unknown: named(null) }
}

describe('explainToken', () => {
  it('passes a good token by every rule, and names its key', async () => {
    const token = await kit.sign({ sub: 'ada' })
    expect(await explainToken(kit, token, { aud })).toMatchObject({
      ok: true,
      thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    })
    expect(await outcomes(token)).toEqual({ failed: [], unknown: ['revocation'] })
  })

  it('says which claims fail, each by itself', async () => {
    const token = await kit.sign({ sub: 'ada' }, { aud: 'other', iss: 'https://other.test', ttlSeconds: 60 })
    now += 1000
    const explained = await explainToken(kit, token, { aud })
    now -= 1000
    expect(explained).toMatchObject({ ok: false, reason: 'expired' })
    expect(explained.rules.flatMap(({ rule, passed }) => (passed === false ? [rule] : []))).toEqual([
      'time',
      'issuer',
      'audience',
    ])
  })

  it('holds the lifetime against the kit’s own maximum', async () => {
    const strict = createKit({ ...OPTIONS, sign: { privateJwk }, maxTtlSeconds: 300, now: () => now })
    const token = await kit.sign({ sub: 'ada' }, { ttlSeconds: 900 })
    expect(await outcomes(token, strict)).toEqual({ failed: ['lifetime'], unknown: ['revocation'] })
  })

  it.each<[string, (token: string) => string, readonly string[], readonly string[]]>([
    ['no token', () => 'canary', ['form'], RULES.slice(1)],
    ['four segments', (token) => `${token}.AA`, ['form'], RULES.slice(1)],
    [
      'another algorithm',
      (token) => withHeader(token, { alg: 'HS512', kid: 'a' }),
      ['algorithm'],
      ['type', 'key', 'signature', 'revocation'],
    ],
    [
      'another type',
      (token) => withHeader(token, { alg: 'EdDSA', kid: 'a', typ: 'x' }),
      ['type'],
      ['key', 'signature', 'revocation'],
    ],
    [
      'another key',
      (token) => withHeader(token, { alg: 'EdDSA', kid: 'b' }),
      ['key'],
      ['signature', 'revocation'],
    ],
    [
      'another header',
      (token) => withHeader(token, { alg: 'EdDSA', kid: 'a', more: 1 }),
      ['signature'],
      ['revocation'],
    ],
  ])('says where it stops with %s', async (_, change, failed, unknown) => {
    const token = change(await kit.sign({ sub: 'ada' }))
    expect(await outcomes(token)).toEqual({ failed, unknown })
    const { ok, detail = '' } = await explainToken(kit, token, { aud })
    expect(ok).toBe(false)
    expect(detail).not.toContain('canary')
  })

  it.each<[reason: string, change: (token: string) => string, more: object, rule: TokenRuleName]>([
    ['malformed', () => 'canary', {}, 'form'],
    ['too_large', (token) => token + 'A'.repeat(8192), {}, 'form'],
    ['unsupported_crit', (token) => withHeader(token, { alg: 'EdDSA', kid: 'a', crit: [] }), {}, 'form'],
    ['unsupported_alg', (token) => withHeader(token, { alg: 'HS512', kid: 'a' }), {}, 'algorithm'],
    ['wrong_type', (token) => withHeader(token, { alg: 'EdDSA', kid: 'a', typ: 'x' }), {}, 'type'],
    ['missing_kid', (token) => withHeader(token, { alg: 'EdDSA' }), {}, 'key'],
    ['unknown_kid', (token) => withHeader(token, { alg: 'EdDSA', kid: 'b' }), {}, 'key'],
    [
      'denied_key',
      (token) => token,
      { deniedThumbprints: ['kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'] },
      'key',
    ],
    ['bad_signature', (token) => withHeader(token, { alg: 'EdDSA', kid: 'a', more: 1 }), {}, 'signature'],
  ])('stops for %s at the rule that it belongs to', async (reason, change, more, rule) => {
    // Read anew: the table of rules stands at the top of the module.
    vi.resetModules()
    const [{ explainToken: explain }, { createKit: create }] = await Promise.all([
      import('./explain-token.ts'),
      import('./create-kit.ts'),
    ])
    const fresh = create({ ...OPTIONS, ...more, sign: { privateJwk }, now: () => now })
    const explained = await explain(fresh, change(await kit.sign({ sub: 'ada' })), { aud })
    expect(explained).toMatchObject({ ok: false, reason })
    const passed = explained.rules.slice(0, 5).map((one) => [one.rule, one.passed])
    const place = RULES.indexOf(rule)
    expect(passed).toEqual(
      RULES.slice(0, 5).map((one, index) => [one, index === place ? false : index < place || null]),
    )
    expect(explained.rules[place]?.detail).toBe(explained.detail)
  })

  it('checks no claim by itself when their shape is wrong', async () => {
    const [header = ''] = (await kit.sign({ sub: 'ada' })).split('.')
    const payload = encodeBase64Url(encodeUtf8('{"sub":7}'))
    const { failed, unknown } = await outcomes(`${header}.${payload}.AA`)
    expect(failed).toEqual(['signature', 'claims'])
    expect(unknown).toEqual(['lifetime', 'time', 'issuer', 'audience', 'revocation'])
  })

  it.each(['sub', 'jti', 'thumbprint'])('says that its %s is revoked, and the rest goes on', async (kind) => {
    const listed = createKit({ ...OPTIONS, sign: { privateJwk }, denylist, now: () => now })
    const token = await listed.sign({ sub: 'ada' })
    revoked.add(kind)
    const explained = await explainToken(listed, token, { aud })
    revoked.clear()
    expect(explained).toMatchObject({ ok: false, reason: 'revoked' })
    expect(explained.rules.filter(({ passed }) => passed !== true)).toEqual([
      { rule: 'revocation', passed: false, detail: `its ${kind} is on the deny-list` },
    ])
  })

  it('holds a login from before the revocation against the list, not when the token was issued', async () => {
    const before = now - 10
    const get = (keys: string[]) =>
      Promise.resolve(new Map(keys.map((key) => [key, key.includes(':sub:') ? { before } : null])))
    const listed = createKit({
      ...{ ...OPTIONS, sign: { privateJwk }, now: () => now },
      denylist: { ...denylist, get },
    })
    const request = { aud, expiresAt: now + 60 }
    const old = await issueInternal(listed, { ...request, claims: { sub: 'ada', auth_iat: now - 20 } })
    const fresh = await issueInternal(listed, { ...request, claims: { sub: 'ada' } })
    expect(await outcomes(old, listed)).toEqual({ failed: ['revocation'], unknown: [] })
    expect(await outcomes(fresh, listed)).toEqual({ failed: [], unknown: [] })
  })

  it('looks for no name that is no text, and for no login that is no time', async () => {
    const get = vi.fn(denylist.get)
    const listed = createKit({
      ...{ ...OPTIONS, sign: { privateJwk }, now: () => now },
      denylist: { ...denylist, get },
    })
    const [header = ''] = (await kit.sign({ sub: 'ada' })).split('.')
    const payload = encodeBase64Url(encodeUtf8('{"sub":"ada","iat":1,"jti":7,"auth_iat":"x"}'))
    revoked.add('sub')
    const explained = await explainToken(listed, `${header}.${payload}.AA`, { aud })
    revoked.clear()
    expect(explained.rules.at(-1)).toMatchObject({ passed: false, detail: 'its sub is on the deny-list' })
    const kinds = get.mock.calls.flatMap(([keys]) => keys.map((key) => key.split(':')[2]))
    expect(kinds).toEqual(['sub', 'thumbprint'])
  })

  it('names the key of the token, among several', async () => {
    const kid = 'b'
    const d = 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs'
    const x = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw'
    const second = { ...privateJwk, kid, d, x, nbf: now - 10 }
    const both = createKit({ ...OPTIONS, sign: { privateJwk: [privateJwk, second] }, now: () => now })
    const thumbprints = [await kit.sign({ sub: 'ada' }), await both.sign({ sub: 'ada' })].map(
      async (token) => (await explainToken(both, token, { aud })).thumbprint,
    )
    expect(await Promise.all(thumbprints)).toEqual([
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      await thumbprintOf(x),
    ])
  })

  it('says nothing of a token while its key cannot be fetched', async () => {
    const jwksService = { fetch: () => Promise.resolve(new Response(null, { status: 500 })) }
    const consumer = createKit({ ...OPTIONS, verify: { jwksService }, logLevel: 'off', now: () => now })
    const explaining = explainToken(consumer, await kit.sign({ sub: 'ada' }), { aud })
    await expect(explaining).rejects.toThrow(KeysUnavailableError)
  })

  it('says why a rule about revocation could not be checked, where there is anything to say', async () => {
    const ruleOf = async (by: Kit, token: string) => (await explainToken(by, token, { aud })).rules.at(-1)
    expect(await ruleOf(kit, await kit.sign({ sub: 'ada' }))).toStrictEqual({
      rule: 'revocation',
      passed: null,
      detail: 'there is no deny-list',
    })
    const get = vi.fn(denylist.get)
    const listed = createKit({
      ...OPTIONS,
      sign: { privateJwk },
      denylist: { ...denylist, get },
      now: () => now,
    })
    const [header = ''] = (await kit.sign({ sub: 'ada' })).split('.')
    for (const payload of ['{"sub":7,"iat":1}', '{"sub":"ada","iat":"1"}', '{"iat":1}', '{}']) {
      const token = `${header}.${encodeBase64Url(encodeUtf8(payload))}.AA`
      expect(await ruleOf(listed, token)).toStrictEqual({ rule: 'revocation', passed: null })
    }
    expect(await ruleOf(listed, 'canary')).toStrictEqual({ rule: 'revocation', passed: null })
    expect(get).not.toHaveBeenCalled()
  })

  it('looks at the deny-list for a token that ended, too', async () => {
    const listed = createKit({ ...OPTIONS, sign: { privateJwk }, denylist, now: () => now })
    const token = await listed.sign({ sub: 'ada' })
    now += 5000
    revoked.add('sub')
    expect(await outcomes(token, listed)).toEqual({ failed: ['time', 'revocation'], unknown: [] })
    revoked.clear()
    now -= 5000
  })

  it('does not say that a token is good while the deny-list cannot be read', async () => {
    const down = { ...denylist, get: () => Promise.reject(new Error('down')) }
    const onEvent = (): void => undefined
    const listed = createKit({ ...OPTIONS, sign: { privateJwk }, denylist: down, now: () => now, onEvent })
    const explained = await explainToken(listed, await listed.sign({ sub: 'ada' }), { aud })
    expect(explained).toMatchObject({ ok: false, detail: 'the deny-list could not be read' })
    expect(explained.reason).toBeUndefined()
    expect(explained.rules.at(-1)).toMatchObject({ rule: 'revocation', passed: null })
  })

  it('explains a shared secret’s tokens, which name no key, and tokens of another type', async () => {
    const shared = createKit({ ...OPTIONS, sign: { secret: generateSecret() } })
    const token = await shared.sign({ sub: 'ada' }, { typ: 'txntoken+jwt' })
    expect(await outcomes(token, shared, 'txntoken+jwt')).toEqual({ failed: [], unknown: ['revocation'] })
    expect((await outcomes(token, shared)).failed).toEqual(['type'])
    expect(await explainToken(shared, token, { aud })).not.toHaveProperty('thumbprint')
  })
})

/** The payload and signature of a token under another header. */
function withHeader(token: string, header: object): string {
  return `${encodeBase64Url(encodeUtf8(JSON.stringify(header)))}${token.slice(token.indexOf('.'))}`
}
