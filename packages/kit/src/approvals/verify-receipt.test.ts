import { beforeAll, describe, expect, it } from 'vitest'
import { createKit } from '../kit/create-kit.ts'
import { issueReceipt } from '../kit/issuer.ts'
import type { Kit } from '../kit/kit.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { actHash } from '../tokens/act-hash.ts'
import type { Receipt } from './receipt.ts'
import { verifyReceipt } from './verify-receipt.ts'

const ACT = { tool: 'transfer', args: { to: 'bob', amount: 120 } }
const NOW = 1_800_000_000

interface Signing {
  readonly kit: Kit
  readonly jwks: { readonly keys: readonly object[] }
}

let gateway: Signing
let receipt: Receipt

async function newGateway(kid: string): Promise<Signing> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('no pair')
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
  if (!('x' in jwk)) throw new Error('no JWK')
  const { x, d } = jwk
  const privateJwk = { kty: 'OKP', crv: 'Ed25519', x, d, kid }
  const kit = createKit({ issuer: 'https://gateway.test', audience: 'gateway', sign: { privateJwk } })
  return { kit, jwks: await kit.jwks() }
}

async function newReceipt(kit: Kit, approval: object = {}): Promise<Receipt> {
  const claims = {
    iss: 'https://gateway.test',
    sub: 'auth0|alice',
    aud: 'payments',
    act: { sub: 'assistant' },
    act_hash: await actHash(ACT.tool, ACT.args),
    jti: 'yes-1',
    iat: NOW,
    exp: NOW + 60,
    ...approval,
  }
  const signed = await issueReceipt(kit, { approval: claims, issued_at: NOW + 5, outcome: { paid: 'p-1' } })
  return { ...signed, act: ACT }
}

beforeAll(async () => {
  gateway = await newGateway('key-1')
  receipt = await newReceipt(gateway.kit)
})

/** What somebody made of it. */
const changed = (change: (one: Record<string, unknown>) => void): unknown => {
  const copy = structuredClone(receipt) as unknown as Record<string, unknown>
  change(copy)
  return copy
}

describe('a receipt', () => {
  it('holds years later, by the key of then, and says which', async () => {
    expect(await verifyReceipt(receipt, gateway.jwks)).toEqual({
      ok: true,
      receipt,
      kid: 'key-1',
      thumbprint: expect.stringMatching(/^[\w-]{43}$/) as string,
    })
  })

  it('has its content detached (RFC 7515 appendix F)', () => {
    expect(receipt.jws).toMatch(/^[\w-]+\.\.[\w-]{86}$/)
  })

  it('holds however its file is spelt', async () => {
    const { act, approval, jws, ...rest } = receipt
    const text = JSON.stringify(
      { jws, ...rest, approval: Object.fromEntries(Object.entries(approval).reverse()), act },
      undefined,
      4,
    )
    expect(await verifyReceipt(JSON.parse(text), gateway.jwks)).toMatchObject({ ok: true })
  })

  it('holds with keys of many times, and with others that are no keys', async () => {
    const others = [
      (await newGateway('key-1')).jwks.keys,
      [{ kty: 'RSA' }, null, 7],
      gateway.jwks.keys,
    ].flat()
    expect(await verifyReceipt(receipt, { keys: others })).toMatchObject({ ok: true })
  })

  it('holds without what was done: the approval has its hash', async () => {
    expect(await verifyReceipt({ ...receipt, act: undefined }, gateway.jwks)).toMatchObject({ ok: true })
  })

  it.each<[what: string, change: (one: Record<string, unknown>) => void]>([
    ['another outcome', (one) => (one.outcome = { paid: 'p-2' })],
    ['no outcome', (one) => (one.outcome = null)],
    ['another time', (one) => (one.issued_at = NOW + 6)],
    ['another person', (one) => ((one.approval as Record<string, unknown>).sub = 'auth0|bob')],
    ['another service', (one) => ((one.approval as Record<string, unknown>).aud = 'billing')],
    ['one claim more', (one) => ((one.approval as Record<string, unknown>).tid = 't')],
  ])('that was changed does not hold: %s', async (_, change) => {
    expect(await verifyReceipt(changed(change), gateway.jwks)).toMatchObject({
      ok: false,
      reason: 'bad_signature',
    })
  })

  it.each<[what: string, act: unknown]>([
    ['another tool', { ...ACT, tool: 'refund' }],
    ['other arguments', { ...ACT, args: { to: 'mallory', amount: 120 } }],
    ['no arguments', { tool: 'transfer' }],
    ['what has no JSON', { ...ACT, args: { amount: 1n } }],
  ])('does not hold beside another act: %s', async (_, act) => {
    expect(
      await verifyReceipt(
        changed((one) => (one.act = act)),
        gateway.jwks,
      ),
    ).toMatchObject({
      ok: false,
      reason: 'act_mismatch',
    })
  })

  it('of another gateway with a key of that name does not hold', async () => {
    const { jwks } = await newGateway('key-1')
    expect(await verifyReceipt(receipt, jwks)).toMatchObject({ ok: false, reason: 'bad_signature' })
  })

  it.each<[what: string, jwks: unknown]>([
    ['no key of its name', { keys: [] }],
    ['nothing', undefined],
    ['no set', []],
    ['a secret of its name', { keys: [{ kty: 'oct', k: 'A'.repeat(86), kid: 'key-1', alg: 'HS512' }] }],
  ])('does not hold by %s', async (_, jwks) => {
    expect(await verifyReceipt(receipt, jwks)).toMatchObject({ ok: false, reason: 'unknown_kid' })
  })

  it('does not hold by a set that has the private half in it', async () => {
    const [key] = gateway.jwks.keys
    const jwks = { keys: [{ ...key, d: 'A'.repeat(43) }] }
    expect(await verifyReceipt(receipt, jwks)).toMatchObject({ ok: false, reason: 'unknown_kid' })
  })

  it('is no token, and no token is one', async () => {
    const token = await gateway.kit.sign({ sub: 'a' })
    const [header, , signature] = token.split('.')
    expect(
      await verifyReceipt(
        changed((one) => (one.jws = `${header}..${signature}`)),
        gateway.jwks,
      ),
    ).toMatchObject({ ok: false, reason: 'malformed', detail: 'its jws is not that of a receipt' })
    const content = encodeBase64Url(encodeUtf8(JSON.stringify({ sub: 'a' })))
    expect(await gateway.kit.verify(receipt.jws.replace('..', `.${content}.`))).toBeNull()
  })

  it.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['a text', 'receipt'],
    ['a list', []],
    ['an object', {}],
    ['no approval', { issued_at: NOW, outcome: 1, jws: 'a..b' }],
    ['no outcome', { approval: {}, issued_at: NOW, jws: 'a..b' }],
    ['a time that is none', { approval: {}, issued_at: '1', outcome: 1, jws: 'a..b' }],
    ['a signature that is none', { approval: {}, issued_at: NOW, outcome: 1, jws: 7 }],
    ['an act that is none', { approval: {}, issued_at: NOW, outcome: 1, jws: 'a..b', act: 'transfer' }],
    ['a JWS with its content', { approval: {}, issued_at: NOW, outcome: 1, jws: 'a.b.c' }],
    ['a JWS of four parts', { approval: {}, issued_at: NOW, outcome: 1, jws: 'a..b.c' }],
    ['no base64url', { approval: {}, issued_at: NOW, outcome: 1, jws: '!..!' }],
    [
      'more levels than there may be',
      {
        approval: JSON.parse(`{"a":${'['.repeat(99)}${']'.repeat(99)}}`) as object,
        issued_at: NOW,
        outcome: 1,
        jws: 'a..b',
      },
    ],
  ])('is not %s', async (_, value) => {
    expect(await verifyReceipt(value, gateway.jwks)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it.each<[what: string, approval: object]>([
    ['that approves nothing', { act_hash: undefined }],
    ['without a time', { iat: undefined }],
    ['of another time', { iat: NOW - 10_000, exp: NOW - 9_940 }],
    ['that is to come', { iat: NOW + 10_000, exp: NOW + 10_060 }],
  ])('of an approval %s does not hold, whoever signed it', async (_, approval) => {
    expect(await verifyReceipt(await newReceipt(gateway.kit, approval), gateway.jwks)).toMatchObject({
      ok: false,
      reason: 'malformed',
    })
  })
})
