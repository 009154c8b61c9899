import { beforeEach, describe, expect, it, vi } from 'vitest'
import type * as Module from './correlation.ts'
import type { Correlation } from './correlation.ts'

/** Read anew for each test: what is well-formed stands at the top of the module. */
let correlationHeaders: typeof Module.correlationHeaders
let correlationOf: typeof Module.correlationOf
let readCorrelation: typeof Module.readCorrelation

beforeEach(async () => {
  vi.resetModules()
  ;({ correlationHeaders, correlationOf, readCorrelation } = await import('./correlation.ts'))
})

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const PARENT_ID = 'b7ad6b7169203331'
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`
/** JSON of a header and a payload in base64url, and a signature. */
const JWT = `${btoa('{"alg":"HS256"}').replaceAll('=', '')}.e30.${'A'.repeat(43)}`

/** Text that no `Headers` would hold may come over RPC. */
function read(headers: Readonly<Record<string, string>>): Correlation {
  return readCorrelation({ get: (name) => headers[name] ?? null })
}

describe('X-Request-Id', () => {
  it.each([
    '12345678',
    'a1b2c3d4',
    '9F8a7b6c-trace_1.2',
    '4f9c1f0e-7b7e-4f0e-9c55-0a2f8f0b7e11',
    'A'.repeat(64),
    '1.2.3.4.5',
  ])('is kept: %s', (id) => {
    expect(read({ 'X-Request-Id': id }).requestId).toBe(id)
  })

  it.each([
    ['empty', ''],
    ['seven characters', 'a234567'],
    ['65 characters', 'a'.repeat(65)],
    ['10 KB', 'a'.repeat(10_240)],
    ['a line break inside', 'a1b2c3d4\n{"event":"forged"}'],
    ['a line break at the end', 'a1b2c3d4\n'],
    ['a carriage return', 'a1b2c3d4\r'],
    ['JSON', '{"event":"forged"}'],
    ['spaces', 'a1b2 c3d4'],
    ['a space in front', ' a1b2c3d4'],
    ['an e-mail address', 'ada@example.com'],
    ['an IPv4 address', '203.0.113.7'],
    ['a longer IPv4 address', '203.0.113.72'],
    ['an IPv6 address', '2001:db8::7:203'],
    ['a JWT', JWT],
    ['two headers', 'a1b2c3d4, e5f6a7b8'],
    ['a dash in front', '-a1b2c3d4'],
    ['a dot in front', '../../etc/passwd'],
    ['HTML', '<script>alert(1)</script>'],
    ['a control character', 'a1b2c3d4\u001b[31m'],
    ['letters of another script', 'аbcdefgh'],
    ['digits of another script', '١٢٣٤٥٦٧٨٩'],
  ])('is replaced by a UUID: %s', (_, id) => {
    expect(read({ 'X-Request-Id': id }).requestId).toMatch(UUID)
  })

  it('has no room for the shortest JWT with a MAC', () => {
    expect(JWT.length).toBeGreaterThan(64)
  })
})

describe('traceparent (W3C Trace Context §3.2)', () => {
  it('is kept', () => {
    expect(read({ traceparent: TRACEPARENT })).toMatchObject({ traceId: TRACE_ID, traceparent: TRACEPARENT })
  })

  it('is kept where an id begins with a zero', () => {
    const traceparent = `00-0${TRACE_ID.slice(1)}-0${PARENT_ID.slice(1)}-01`
    expect(read({ traceparent }).traceparent).toBe(traceparent)
  })

  it.each([
    ['a decision not to sample', '00', '00'],
    ['random-trace-id, of Level 2', '03', '03'],
    ['bits whose meaning nobody knows', 'fd', '01'],
    ['such bits alone', 'fc', '00'],
  ])('keeps of its flags what is known: %s', (_, given, kept) => {
    const { traceparent } = read({ traceparent: TRACEPARENT.replace(/01$/, given) })
    expect(traceparent).toBe(TRACEPARENT.replace(/01$/, kept))
  })

  it.each([
    ['of a later version', `01-${TRACE_ID}-${PARENT_ID}-01`],
    ['of a later version, with more behind it', `cc-${TRACE_ID}-${PARENT_ID}-01-what-will-be`],
    ['of a later version, with nothing behind its dash', `fe-${TRACE_ID}-${PARENT_ID}-01-`],
  ])('%s counts by its first 55 characters, and goes on as version 00', (_, traceparent) => {
    expect(read({ traceparent })).toMatchObject({ traceId: TRACE_ID, traceparent: TRACEPARENT })
  })

  it.each([
    ['empty', ''],
    ['one character short', TRACEPARENT.slice(0, -1)],
    ['one character long', `${TRACEPARENT}0`],
    ['version 00 with data behind it', `${TRACEPARENT}-x`],
    ['version 00 with a line break behind it', `${TRACEPARENT}\n`],
    ['a later version whose flags go on', `01-${TRACE_ID}-${PARENT_ID}-010`],
    ['a later version with a line break behind it', `01-${TRACE_ID}-${PARENT_ID}-01\n`],
    ['a later version that is too short', `01-${TRACE_ID}-${PARENT_ID}-0`],
    ['version ff', `ff-${TRACE_ID}-${PARENT_ID}-01`],
    ['a version that is no number', `0g-${TRACE_ID}-${PARENT_ID}-01`],
    ['upper case', TRACEPARENT.toUpperCase()],
    ['one letter in upper case', TRACEPARENT.replace('a', 'A')],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT_ID}-01`],
    ['a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['flags that are no number', `00-${TRACE_ID}-${PARENT_ID}-0x`],
    ['other separators', TRACEPARENT.replaceAll('-', '_')],
    ['a space in front', ` ${TRACEPARENT}`],
    ['two headers', `${TRACEPARENT}, ${TRACEPARENT}`],
    ['two headers of a later version', `01${TRACEPARENT.slice(2)}, 01${TRACEPARENT.slice(2)}`],
    ['10 KB', TRACEPARENT.repeat(200)],
    ['JSON', '{"trace":"forged"}'],
  ])('is made anew: %s', (_, traceparent) => {
    const made = read({ traceparent, tracestate: 'a=1' })
    expect(made.traceId).not.toBe(TRACE_ID)
    expect(made.traceparent).toMatch(new RegExp(`^00-${made.traceId}-(?!0{16})[\\da-f]{16}-01$`))
    expect(made).not.toHaveProperty('tracestate')
  })

  it('is made where none came: random, and sampled', () => {
    const [one, other] = [read({}), read({})]
    expect(one.traceparent).toMatch(/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-01$/)
    expect(one.traceId).not.toBe(other.traceId)
  })
})

describe('tracestate (§3.3)', () => {
  const many = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=v`).join(',')
  const state = (tracestate: string): string | undefined =>
    read({ traceparent: TRACEPARENT, tracestate }).tracestate

  it.each([
    ['one member', 'rojo=00f067aa0ba902b7'],
    ['two, in their order', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['every character that a value may have', `a= !"#$%&'()*+-./0:;<>?@A[\\]^_\`a{|}~`],
    ['a key of a tenant', 'fw529a3039@dt=FfAAAAAAAAAABg'],
    ['a key with every character', 'a0_-*/=1'],
    ['32 members', many(32)],
    ['512 characters', `a=${'v'.repeat(255)},b=${'v'.repeat(252)}`],
    ['a key of 256 characters', `${'k'.repeat(256)}=v`],
  ])('is kept: %s', (_, text) => {
    expect(state(text)).toBe(text)
  })

  it('loses its empty members, and the space around others', () => {
    expect(state(' a=1 ,, \tb=2 ,')).toBe('a=1,b=2')
  })

  it.each([
    ['empty', ''],
    ['nothing but separators', ' , ,'],
    ['33 members', many(33)],
    ['513 characters', `a=${'v'.repeat(255)},b=${'v'.repeat(253)}`],
    ['10 KB', many(2000)],
    ['a key twice', 'a=1,b=2,a=3'],
    ['no value', 'a='],
    ['no key', '=1'],
    ['no equals sign', 'a'],
    ['an equals sign in the value', 'a=1=2'],
    ['a value of 257 characters', `a=${'v'.repeat(257)}`],
    ['a key of 257 characters', `${'k'.repeat(257)}=v`],
    ['a key in upper case', 'A=1'],
    ['a key that begins with a dash', '-a=1'],
    ['a key with a space', 'a b=1'],
    ['a key with a dot', 'a.b=1'],
    ['a line break', 'a=1\nb=2'],
    ['a tab inside', 'a=1\t2'],
    ['letters that are not ASCII', 'a=ü'],
    ['one bad member of two', 'a=1,B=2'],
  ])('is dropped: %s', (_, text) => {
    expect(state(text)).toBeUndefined()
  })

  it('is dropped without a traceparent', () => {
    expect(read({ tracestate: 'a=1' })).not.toHaveProperty('tracestate')
  })
})

describe('one request', () => {
  const request = (headers: HeadersInit = {}): Request => new Request('https://a.test', { headers })

  it('has one correlation, however often it is looked at', () => {
    const one = request()
    expect(correlationOf(one)).toBe(correlationOf(one))
    expect(correlationOf(request()).requestId).not.toBe(correlationOf(one).requestId)
  })

  it('gives the next hop its id and its trace, and a parent of its own for each call', () => {
    const one = request({ 'X-Request-Id': 'a1b2c3d4', traceparent: TRACEPARENT, tracestate: 'a=1, b=2' })
    const [first, second] = [correlationHeaders(one), correlationHeaders(one)]
    expect(first).toStrictEqual({
      'X-Request-Id': 'a1b2c3d4',
      traceparent: expect.stringMatching(new RegExp(`^00-${TRACE_ID}-(?!0{16})[\\da-f]{16}-01$`)) as string,
      tracestate: 'a=1,b=2',
    })
    expect(new Set([first.traceparent, second.traceparent, TRACEPARENT]).size).toBe(3)
  })

  it('passes a decision not to sample on', () => {
    const one = request({ traceparent: TRACEPARENT.replace(/01$/, '00') })
    expect(correlationHeaders(one).traceparent).toMatch(/-00$/)
  })

  it('gives the next hop what it was given: that hop reads the same', () => {
    const one = request()
    const next = correlationOf(request(correlationHeaders(one)))
    const { requestId, traceId } = correlationOf(one)
    expect(next).toMatchObject({ requestId, traceId })
    expect(correlationHeaders(one)).not.toHaveProperty('tracestate')
  })

  it('passes nothing hostile on', () => {
    const hostile = request({
      'X-Request-Id': '{"event":"forged"}',
      traceparent: `${TRACEPARENT}-x`,
      tracestate: 'a="><script>,a=2',
    })
    expect(JSON.stringify(correlationHeaders(hostile))).not.toMatch(/forged|script|0af76519/)
  })
})
