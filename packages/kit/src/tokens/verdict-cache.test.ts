import { expect, it } from 'vitest'
import { VerificationKey } from '../keys/verification-key.ts'
import { type SignatureVerdict, VerdictCache } from './verdict-cache.ts'

const key = new VerificationKey('HS512', new Uint8Array(64))
const header = { alg: 'HS512', kid: undefined, typ: 'JWT', members: {} }

/** A token with a signature of its own. */
const signed = (name: string): string => `head.payload.${name.repeat(86)}`
const [a, b, c] = [signed('a'), signed('b'), signed('c')]
const [d, e, f] = [signed('d'), signed('e'), signed('f')]

function verdictOf(sub: string): SignatureVerdict {
  return { key, thumbprint: undefined, header, claims: { sub } }
}

function filled(capacity: number, tokens: readonly string[]): VerdictCache {
  const cache = new VerdictCache(capacity)
  for (const token of tokens) cache.set(token, verdictOf(token))
  return cache
}

/** Which of these tokens are kept. Asking is a hit, so ask once. */
function kept(cache: VerdictCache, tokens: readonly string[]): readonly string[] {
  return tokens.filter((token) => cache.get(token)?.claims.sub === token)
}

it('keeps as many as it may, the oldest goes first', () => {
  const tokens = [a, b, c, d, e]
  expect(kept(filled(3, tokens), tokens)).toEqual([c, d, e])
})

it('spares what was hit, for one round', () => {
  const cache = filled(3, [a, b, c])
  cache.get(a)
  cache.set(d, verdictOf(d))
  expect(cache.get(b)).toBeUndefined()
  cache.set(e, verdictOf(e))
  cache.set(f, verdictOf(f))
  expect(kept(cache, [a, b, c, d, e, f])).toEqual([d, e, f])
})

it('finds room when everything was hit', () => {
  const cache = filled(2, [a, b])
  cache.get(a)
  cache.get(b)
  cache.set(c, verdictOf(c))
  expect(kept(cache, [a, b, c])).toEqual([b, c])
})

it('puts a new verdict in the place of the old one', () => {
  const cache = filled(2, [a, b])
  cache.set(a, verdictOf('other'))
  cache.set(c, verdictOf(c))
  expect(cache.get(a)).toBeUndefined()
  expect(kept(cache, [b, c])).toEqual([b, c])
})

it('keeps nothing when its capacity is 0, and no token longer than 4 KiB', () => {
  expect(filled(0, [a]).get(a)).toBeUndefined()
  const longest = 'x'.repeat(4096)
  const cache = filled(2, [longest, `${longest}x`])
  expect(cache.get(longest)).toBeDefined()
  expect(cache.get(`${longest}x`)).toBeUndefined()
})

it('takes one token for another on no part of it', () => {
  const cache = filled(2, ['head.payload.signature'])
  for (const other of ['head.payload.signaturE', 'Head.payload.signature', 'head.payload.signature ']) {
    expect(cache.get(other)).toBeUndefined()
  }
})

it('takes one token for another on the same signature neither', () => {
  const signature = 's'.repeat(86)
  const cache = filled(2, [`head.payload.${signature}`])
  for (const other of [`head.payloaD.${signature}`, `.payload.${signature}`, signature]) {
    expect(cache.get(other)).toBeUndefined()
  }
  expect(cache.get(`head.payload.${signature}`)).toBeDefined()
})

it('keeps one of two tokens with one signature, and finds room as before', () => {
  const signature = 's'.repeat(86)
  const cache = filled(2, [`a.${signature}`, `b.${signature}`, c])
  expect(kept(cache, [`a.${signature}`, `b.${signature}`, c])).toEqual([`b.${signature}`, c])
  cache.set(d, verdictOf(d))
  cache.set(e, verdictOf(e))
  expect(kept(cache, [`b.${signature}`, c, d, e])).toEqual([d, e])
})
