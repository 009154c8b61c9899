import { beforeAll, describe, expect, it } from 'vitest'
import { TOKEN_CACHE_MAX_BYTES } from '../constants.ts'
import { denial, type Decision } from '../http/decision.ts'
import { encodeBase64Url } from '../jose/base64url.ts'
import { encodeUtf8 } from '../primitives/utf8.ts'
import { createTestIssuer, type TestIssuer } from '../testing/test-issuer.ts'
import { createKit } from './create-kit.ts'
import type { Kit } from './kit.ts'

// The characters of a header are read only when the token in it cannot be. What comes out must be what a strict reading
// before everything else would say, in every case.

const PREFIXES = [
  'Bearer ',
  'Bearer  ',
  'Bearer \t',
  'Bearer\t',
  'Bearer',
  'bearer ',
  'BEARER ',
  ' Bearer ',
  'Bearer Bearer ',
  'Basic ',
  'DPoP ',
  'Basic YTpi, Bearer ',
  '"Bearer" ',
  '',
]
const SUFFIXES = ['', ' ', '=', ',', ', Bearer abc']
const encoded = (value: object): string => encodeBase64Url(encodeUtf8(JSON.stringify(value)))

let issuer: TestIssuer
let kit: Kit
let tokens: readonly string[]

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'reports' })
  const now = Date.now() / 1000
  kit = createKit({
    issuer: 'https://issuer.test',
    audience: 'reports',
    verify: { jwksService: issuer.binding },
    now: () => now,
  })
  const good = await issuer.token()
  const [header = '', payload = '', signature = ''] = good.split('.')
  tokens = [
    good,
    await issuer.forged(),
    `${header}.${payload}.`,
    `${good}.${signature}`,
    `${header}.${payload}==.${signature}`,
    `${header}.${payload}.${signature.slice(0, -1)}+`,
    `${header}.${payload}~.${signature}`,
    `${header}.${payload}".${signature}`,
    `${encoded({ alg: 'EdDSA', crit: ['exp'] })}.${payload}.${signature}`,
    `${encoded({ alg: 'HS512' })}.${payload}.${signature}`,
    'a'.repeat(2 * TOKEN_CACHE_MAX_BYTES + 1),
    '',
  ]
})

/** The strict reading of RFC 6750 §2.1, then the token by itself. */
function strictly(header: string | null): Promise<Decision> | Decision {
  const none = denial(401, 'no_credentials', 'the request has no bearer token')
  const malformed = (detail: string): Decision => denial(400, 'malformed_credentials', detail)
  if (header === null) return none
  const scheme = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/.exec(header)?.[0]
  if (scheme === undefined) return malformed('the Authorization header has no scheme')
  if (scheme.toLowerCase() !== 'bearer') {
    return /,\s*bearer(\s|$)/i.test(header) ? malformed('two Authorization headers') : none
  }
  const token = /^ +([A-Za-z0-9\-._~+/]+=*)$/.exec(header.slice(scheme.length))?.[1]
  return token === undefined
    ? malformed('the Authorization header is not one bearer token')
    : kit.authorize(token)
}

describe('authorize decides on a request as on its Authorization header read strictly', () => {
  it.each(PREFIXES.map((prefix) => [prefix] as const))('behind %j', async (prefix) => {
    const cases = tokens.flatMap((token) => SUFFIXES.map((suffix) => `${prefix}${token}${suffix}`))
    expect(cases).toHaveLength(60)
    for (const value of cases) {
      const request = new Request('https://a.test/', { headers: { Authorization: value } })
      expect(await kit.authorize(request), value.slice(0, 40)).toEqual(
        await strictly(request.headers.get('Authorization')),
      )
    }
  })

  it('with two headers', async () => {
    for (const [first, second] of tokens.flatMap((one) => tokens.map((other) => [one, other] as const))) {
      const headers = new Headers({ Authorization: `Bearer ${first}` })
      headers.append('Authorization', `Bearer ${second}`)
      const request = new Request('https://a.test/', { headers })
      expect(await kit.authorize(request)).toEqual(await strictly(request.headers.get('Authorization')))
    }
  })

  it('and these cases are of every kind', async () => {
    const outcomes = new Set<string>()
    for (const value of PREFIXES.flatMap((prefix) => tokens.map((token) => `${prefix}${token}`))) {
      const request = new Request('https://a.test/', { headers: { Authorization: value } })
      const decision = await kit.authorize(request)
      outcomes.add(decision.granted ? 'granted' : decision.reason)
    }
    expect([...outcomes].sort()).toEqual([
      'bad_signature',
      'granted',
      'malformed',
      'malformed_credentials',
      'no_credentials',
      'too_large',
      'unsupported_alg',
      'unsupported_crit',
    ])
  })
})
