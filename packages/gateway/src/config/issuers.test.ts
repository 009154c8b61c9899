import { ConfigError } from '@sealgate/kit'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type * as z from 'zod/mini'
import { gatewayEnv, ISSUER } from '../testing/fixtures.ts'
import type { issuers as issuersSchema } from './definition-schema.ts'
import { defineGateway } from './definition.ts'
import type { IssuerDefinition } from './issuer-definition.ts'
import { auth0, cloudflareAccess, entra, okta } from './issuer-presets.ts'
import type { IssuerConfig } from './issuers.ts'
import { parseConfig } from './read-config.ts'

const KEYS = { JWT_PRIVATE_JWK_NAME: 'SLOT', SLOT: '{}' }
const B = 'https://idp-b.test'
const TENANT_ID = '11111111-2222-3333-4444-555555555555'

function parse(issuers: unknown, more: Readonly<Record<string, unknown>> = {}): readonly IssuerConfig[] {
  const definition = defineGateway({ audiences: { reports: { permissions: [], roles: [] } }, routes: [] })
  const env = gatewayEnv({ ...KEYS, ISSUERS: issuers, ...more })
  return [...parseConfig(env, definition).issuers.values()]
}

it('the schema of an issuer has the members of its type', () => {
  expectTypeOf<keyof z.infer<typeof issuersSchema>[number]>().toEqualTypeOf<keyof IssuerDefinition>()
})

it('issuers of the definition count, unless ISSUERS replaces them', () => {
  const definition = defineGateway({
    audiences: { reports: { permissions: [], roles: [] } },
    routes: [],
    issuers: [{ issuer: B, audience: 'api' }],
  })
  const namesOf = (more: object): readonly string[] => [
    ...parseConfig(gatewayEnv({ ...KEYS, ...more }), definition).issuers.keys(),
  ]
  expect(namesOf({})).toEqual([B])
  expect(namesOf({ ISSUERS: `[{"issuer":"https://c.test","audience":["api"]}]` })).toEqual(['https://c.test'])
  expect(namesOf({ ISSUERS: [] })).toEqual([])
})

it('defaults are strict: RFC 9068, RS256, no roles, nothing for everybody', () => {
  expect(parse([{ issuer: B, audience: 'api' }])).toEqual([
    {
      issuer: B,
      jwksUrl: `${B}/.well-known/jwks.json`,
      audiences: ['api'],
      algorithms: ['RS256'],
      profile: 'rfc9068',
      clients: undefined,
      permissionsClaim: undefined,
      rolesClaim: undefined,
      everybody: { permissions: [], roles: [] },
      authTimeClaim: undefined,
      emailIsVerified: false,
      // What a revocation is kept for holds for every issuer.
      refreshMaxSeconds: 2_592_000,
      tokenMaxSeconds: 86_400,
    },
  ])
})

it.each([
  [
    auth0('Other.eu.auth0.com', { audience: 'api' }),
    { issuer: 'https://other.eu.auth0.com/', jwksUrl: 'https://other.eu.auth0.com/.well-known/jwks.json' },
  ],
  [
    okta('corp.okta.com', { audience: 'api://default' }),
    {
      issuer: 'https://corp.okta.com/oauth2/default',
      jwksUrl: 'https://corp.okta.com/oauth2/default/v1/keys',
    },
  ],
  [
    okta('corp.okta.com', { audience: 'api', authorizationServer: 'aus1' }),
    { issuer: 'https://corp.okta.com/oauth2/aus1', profile: 'okta' },
  ],
  [
    entra(TENANT_ID, { audience: 'api' }),
    {
      issuer: `https://login.microsoftonline.com/${TENANT_ID}/v2.0`,
      jwksUrl: `https://login.microsoftonline.com/${TENANT_ID}/discovery/v2.0/keys`,
      rolesClaim: 'roles',
    },
  ],
  [
    cloudflareAccess('team', { audience: 'tag' }),
    {
      issuer: 'https://team.cloudflareaccess.com',
      jwksUrl: 'https://team.cloudflareaccess.com/cdn-cgi/access/certs',
      profile: 'cloudflare-access',
    },
  ],
])('the preset %#', (preset, expected) => {
  expect(parse([preset])).toMatchObject([expected])
})

describe('is rejected, in words that help:', () => {
  const one = { issuer: B, audience: 'api' }
  const strict = { WORKER_ENV: 'production', BASE_URL: 'https://app.test' }

  it.each<[string, unknown, RegExp, Readonly<Record<string, unknown>>?]>([
    ['no list', one, /^ISSUERS .*array/],
    ['no issuer', [{ audience: 'api' }], /ISSUERS\.0\.issuer/],
    [
      'a query in an issuer',
      [{ ...one, issuer: `${B}?a` }],
      /ISSUERS\.0\.issuer must be the iss of its tokens/,
    ],
    ['a fragment in an issuer', [{ ...one, issuer: `${B}#x` }], /without query and fragment/],
    ['no audience', [{ issuer: B }], /ISSUERS\.0\.audience must be the aud of its tokens/],
    ['an empty list of audiences', [{ ...one, audience: [] }], /ISSUERS\.0\.audience/],
    ['an unknown member', [{ ...one, audiences: ['api'] }], /audiences/],
    ['an unknown profile', [{ ...one, profile: 'keycloak' }], /profile must be one of rfc9068, jwt, auth0/],
    ['an unknown algorithm', [{ ...one, algorithms: ['HS256'] }], /https:\/\/idp-b\.test: .*HS256/],
    ['no algorithm', [{ ...one, algorithms: [] }], /https:\/\/idp-b\.test: algorithms/],
    ['plain http', [{ ...one, issuer: 'http://idp-b.test' }], /must be https/],
    ['keys over plain http', [{ ...one, jwksUri: 'http://idp-b.test/keys' }], /must be https/],
    [
      'loopback in production',
      [{ ...one, issuer: 'http://127.0.0.1:1', clients: 'any' }],
      /must be https/,
      strict,
    ],
    [
      'the tenant again',
      [{ ...one, issuer: ISSUER }],
      /names https:\/\/tenant\.test\/ beside https:\/\/tenant\.test\//,
    ],
    [
      'the tenant without its slash',
      [{ ...one, issuer: 'https://tenant.test' }],
      /they are one, or taken for one/,
    ],
    [
      'one that differs by case',
      [one, { ...one, issuer: 'https://IDP-B.test', jwksUri: `${B}/k` }],
      /they are one/,
    ],
    ['this gateway', [{ ...one, issuer: 'https://gateway.internal' }], /beside this gateway/],
    [
      'keys that are another’s too',
      [one, { ...one, issuer: 'https://c.test', jwksUri: `${B}/.well-known/jwks.json` }],
      /each could sign for the other/,
    ],
    ['no clients in production', [one], /needs clients in production: list the client ids/, strict],
    [
      'clients of Cloudflare Access',
      [{ ...one, profile: 'cloudflare-access', clients: ['x'] }],
      /knows no clients/,
    ],
  ])('%s', (_, issuers, words, more = {}) => {
    const reading = (): unknown => parse(issuers, more)
    expect(reading).toThrow(ConfigError)
    expect(reading).toThrow(words)
  })

  it.each([{ clients: 'any' }, { clients: ['web'] }])('but not %j in production', (clients) => {
    expect(parse([{ ...one, ...clients }], strict)).toHaveLength(1)
  })

  it('but Cloudflare Access needs no clients there, and loopback is good in tests', () => {
    expect(parse([cloudflareAccess('team', { audience: 'tag' })], strict)).toHaveLength(1)
    expect(parse([{ ...one, issuer: 'http://127.0.0.1:8788' }])).toHaveLength(1)
  })

  it('a route with cloudflareAccess without such an issuer', () => {
    const ROUTES = [
      { match: '/api/*', methods: ['GET'], service: 'CONSUMER', audience: 'reports', cloudflareAccess: true },
    ]
    expect(() => parse([one], { ROUTES })).toThrow(
      /\/api\/\* has cloudflareAccess, and no issuer is Cloudflare Access/,
    )
  })
})
