import { describe, expect, it, vi } from 'vitest'
import { readCredentials, usualToken } from './bearer.ts'

const withHeader = (value: string): Request =>
  new Request('https://a.test/', { headers: { Authorization: value } })

describe('readCredentials', () => {
  it.each(['Bearer abc.def.ghi', 'bearer abc.def.ghi', 'BEARER   abc.def.ghi'])('reads %j', (value) => {
    expect(readCredentials(withHeader(value))).toEqual({ form: 'token', token: 'abc.def.ghi' })
  })

  it('takes a token as it is', () => {
    expect(readCredentials('abc')).toEqual({ form: 'token', token: 'abc' })
  })

  it.each([null, undefined, '', new Request('https://a.test/')])('finds nothing in %j', async (source) => {
    // Read anew: what stands for nothing stands at the top of the module.
    vi.resetModules()
    const fresh = await import('./bearer.ts')
    expect(fresh.readCredentials(source)).toEqual({ form: 'none' })
  })

  it.each(['Basic YTpi', 'DPoP abc', 'BearerX abc', 'Digest a, bearers'])(
    'takes another scheme, %j, for no bearer credentials',
    (value) => {
      expect(readCredentials(withHeader(value))).toEqual({ form: 'none' })
    },
  )

  it.each([
    ['Bearer', 'the Authorization header is not one bearer token'],
    ['Bearer a b', 'the Authorization header is not one bearer token'],
    ['Bearer a,b', 'the Authorization header is not one bearer token'],
    ['Bearer a, Bearer b', 'the Authorization header is not one bearer token'],
    ['Bearer\ta', 'the Authorization header is not one bearer token'],
    ['Bearer\u00a0a', 'the Authorization header is not one bearer token'],
    ['Bearer {"a":1}', 'the Authorization header is not one bearer token'],
    ['Basic YTpi, Bearer a', 'two Authorization headers'],
    ['Basic YTpi,Bearer a', 'two Authorization headers'],
    ['Basic YTpi,  bearer', 'two Authorization headers'],
    ['"Bearer" a', 'the Authorization header has no scheme'],
    ['', 'the Authorization header has no scheme'],
  ])('rejects %j as malformed: %s', (value, detail) => {
    expect(readCredentials(withHeader(value))).toEqual({ form: 'malformed', detail })
  })

  it('rejects two headers', () => {
    const headers = new Headers({ Authorization: 'Bearer a' })
    headers.append('Authorization', 'Bearer b')
    expect(readCredentials(new Request('https://a.test/', { headers })).form).toBe('malformed')
  })

  it('does not look for a token in the query', () => {
    expect(readCredentials(new Request('https://a.test/?access_token=abc'))).toEqual({ form: 'none' })
  })
})

describe('usualToken', () => {
  it('is whatever stands behind the scheme as everybody writes it', () => {
    expect(usualToken(withHeader('Bearer abc.def.ghi'))).toBe('abc.def.ghi')
    expect(usualToken(withHeader('Bearer  a b, Bearer c'))).toBe(' a b, Bearer c')
  })

  it.each([null, undefined, '', 'abc', new Request('https://a.test/')])('is none in %j', (source) => {
    expect(usualToken(source)).toBeUndefined()
  })

  it.each(['bearer abc', 'Bearer', 'Bearer\tabc', 'Basic abc', ''])('is none in a header %j', (value) => {
    expect(usualToken(withHeader(value))).toBeUndefined()
  })
})
