import { Pseudonyms } from '@sealgate/kit/gateway'
import { Auth0Client } from '../../../packages/gateway/src/auth0/client.ts'
import { passwordRealm } from '../../../packages/gateway/src/auth0/password-realm.ts'
import { askAuth0 } from '../../../packages/gateway/src/auth0/send.ts'
import { foreignParty, subjectKind } from '../../../packages/gateway/src/auth0/subject.ts'
import { readBranding } from '../../../packages/gateway/src/config/branding.ts'
import { cookieNamesOf } from '../../../packages/gateway/src/config/login-settings.ts'
import { parseConfig } from '../../../packages/gateway/src/config/read-config.ts'
import { problemOfOrigin } from '../../../packages/gateway/src/config/route-origin.ts'
import { RouteTable } from '../../../packages/gateway/src/config/route-table.ts'
import { VARIABLES } from '../../../packages/gateway/src/config/schema.ts'
import { readDpopCredentials } from '../../../packages/gateway/src/dpop/credentials.ts'
import { DpopNonces } from '../../../packages/gateway/src/dpop/nonces.ts'
import { checkProof } from '../../../packages/gateway/src/dpop/proof.ts'
import { plainUri } from '../../../packages/gateway/src/dpop/uri.ts'
import { ISSUER_PROFILES } from '../../../packages/gateway/src/config/issuer-definition.ts'
import { PROFILES } from '../../../packages/gateway/src/issuers/profiles.ts'
import { permissionsOf } from '../../../packages/gateway/src/issuers/rights.ts'
import { exchange } from '../../../packages/gateway/src/exchange/rules.ts'
import { targetOf } from '../../../packages/gateway/src/exchange/target.ts'
import { readContext, replaceTransaction } from '../../../packages/gateway/src/exchange/transaction-token.ts'
import { authenticateClient } from '../../../packages/gateway/src/http/client-authentication.ts'
import { rejectCrossSite } from '../../../packages/gateway/src/http/csrf.ts'
import { mediaType, readForm } from '../../../packages/gateway/src/http/form.ts'
import { isNavigation } from '../../../packages/gateway/src/http/navigation.ts'
import { plainPath } from '../../../packages/gateway/src/http/plain-path.ts'
import { adoptChallenge } from '../../../packages/gateway/src/mcp/challenge.ts'
import { isEventStream } from '../../../packages/gateway/src/mcp/stream.ts'
import { allowOrigin } from '../../../packages/gateway/src/proxy/cors.ts'
import { forwardedHeaders, stripResponse } from '../../../packages/gateway/src/proxy/headers.ts'
import { replyOf } from '../../../packages/gateway/src/operations/probe.ts'
import { adoptResponse } from '../../../packages/gateway/src/proxy/origin.ts'
import { networkOf } from '../../../packages/gateway/src/rate-limit.ts'
import { jwksResponse } from '../../../packages/gateway/src/routes/jwks.ts'
import { readOperation } from '../../../packages/gateway/src/routes/operator.ts'
import { newTrace } from '../../../packages/gateway/src/observability/trace.ts'
import { passwordLogin } from '../../../packages/gateway/src/routes/password.ts'
import { cookiesOf, readCookie } from '../../../packages/gateway/src/session/cookies.ts'
import { CookieEncryption } from '../../../packages/gateway/src/session/encryption.ts'
import { findLoginAttempt, keepLoginAttempt } from '../../../packages/gateway/src/session/login-attempt.ts'
import { styleOf } from '../../../packages/gateway/src/session/page-style.ts'
import { wantsPage } from '../../../packages/gateway/src/session/page.ts'
import { safeReturnTo } from '../../../packages/gateway/src/session/return-to.ts'
import { chatNameOf, ownerOfChat } from '../../../workers/consumer/src/chat/chat-name.ts'
import { FEW_SHAPES, type Shape, SHAPES } from './hostile.ts'
import { reading, type Row } from './row.ts'

const gateway = (path: string): string => `packages/gateway/src/${path}.ts`
const URL_OF = 'https://gateway.test'
const FORM = 'application/x-www-form-urlencoded'

const withHeader = (name: string, value: string, url = URL_OF): Request =>
  new Request(url, { headers: { [name]: value } })
const post = (body: string, type: string, headers: Record<string, string> = {}): Request =>
  new Request(URL_OF, { method: 'POST', body, headers: { ...headers, 'Content-Type': type } })
const words = (text: string): string[] => text.split('').map((character, index) => `${character}${index}`)

/** Parts of a gateway, for functions that look at no other. */
const partial = (members: object): never => members as never

const routes = new RouteTable([
  { match: '/api/*', methods: ['GET'], service: 'A', auth: 'none' },
  { match: '/a/a/a/*', methods: ['GET'], service: 'A', auth: 'none', forwardCookies: ['a', 'x'] },
])
const [, route] = routes.routes
/** Each with its own claims for rights. */
const ISSUERS = ISSUER_PROFILES.map(
  (profile) => [profile, partial({ profile, everybody: { permissions: [], roles: [] } })] as const,
)
const clients = { clients: new Map<string, never>(), isPublic: false }
const nonces = new DpopNonces(new Pseudonyms(() => 'key'), () => 0)
const encryption = new CookieEncryption([new Uint8Array(32).fill(1)])
const LOGIN = {
  issuer: 'https://tenant.test/',
  clientId: 'web',
  clientSecret: 's',
  audience: 'https://api.test',
  scope: 'openid',
  connection: 'users',
  parameters: { screen_hint: ['signup'] },
  organizations: 'any' as const,
}
const COOKIES = cookieNamesOf('sealgate-session')
const LOGINS = {
  encryption,
  cookies: cookiesOf({ environment: 'production', cookieNames: COOKIES }, URL_OF),
  now: 0,
}
const ATTEMPT = {
  ...{ returnTo: '/', tries: 0, startedAt: 0, requiresIss: false, isForced: false },
  ...{ state: 's', nonce: 'n', codeVerifier: 'v' },
}
const REDIRECT = { state: 's', nonce: 'n', codeVerifier: 'v', redirectUri: `${URL_OF}/auth/callback` }
const ENV = {
  WORKER_ENV: 'test',
  AUTH0_DOMAIN: 'tenant.test',
  AUTH0_AUDIENCE: 'https://api.test',
  JWT_ISS: 'https://gateway.internal',
  JWT_SECRET: 'A'.repeat(86),
}
const DEFINITION = { audiences: { reports: { permissions: ['a'], roles: [] } }, routes: [] }

/** A challenge that holds a text; none that a header cannot hold. */
const challengeOf = (text: string): Readonly<Record<string, string>> => ({
  'WWW-Authenticate': `Bearer realm="${text.slice(0, 8192)}`,
})

/** Combining marks in an order that is not the canonical one (Unicode §3.11): sorting them takes time. */
const MARKS: Shape = { name: 'combining marks', of: (size) => `a${'\u0301\u0316'.repeat(size / 2)}` }

export const GATEWAY_ROWS: readonly Row[] = [
  {
    name: 'Cookie',
    of: [gateway('session/cookies')],
    around: [(text) => text, (text) => `a=1;${text}`, (text) => `a=${text}; b=2`],
    reader: reading((text) => readCookie({ headers: { get: () => text } }, 'a')),
  },
  {
    name: 'a path',
    of: [gateway('http/plain-path')],
    around: [(text) => `${URL_OF}/${text}`, (text) => `${URL_OF}/a?${text}`, (text) => `https://${text}`],
    reader: reading(plainPath),
  },
  {
    name: 'the challenge of an MCP server',
    of: [gateway('mcp/challenge')],
    around: [(text) => `Bearer ${text}`, (text) => `Bearer scope="${text}`],
    reader: reading((text) => {
      const challenge = { value: text }
      const headers = {
        get: () => challenge.value,
        set: (_: string, value: string) => (challenge.value = value),
      }
      adoptChallenge(partial(headers), partial({ metadataUrl: URL_OF }))
    }),
  },
  {
    name: 'the Content-Type of an MCP server',
    of: [gateway('mcp/stream')],
    around: [(text) => text, (text) => `text/event-stream${text}`, (text) => `text/event-stream ${text}`],
    reader: reading((text) => isEventStream(partial({ headers: { get: () => text } }))),
  },
  {
    name: 'the route of a path',
    of: [gateway('config/route-table')],
    around: [(text) => `/${text}`, (text) => `/a/a/${text}/`],
    reader: reading((text) => routes.find(text, 'GET')),
  },
  {
    name: 'returnTo',
    of: [gateway('session/return-to')],
    maxSize: 2000,
    around: [(text) => `/${text}`, (text) => `/a?${text}`],
    reader: reading((text) => safeReturnTo(text, URL_OF, '/auth/callback')),
  },
  {
    name: 'Content-Type',
    of: [gateway('http/form')],
    around: [(text) => text, (text) => `${FORM};${text}`],
    reader: (text) => {
      const request = withHeader('Content-Type', text)
      return () => mediaType(request)
    },
  },
  {
    name: 'a form',
    of: [gateway('http/form')],
    maxSize: 65_000,
    around: [
      (text) => text,
      (text) => `scope=${text}`,
      (text) =>
        words(text.slice(0, text.length / 8))
          .map(encodeURIComponent)
          .join('=1&'),
    ],
    reader: reading((text) => readForm(post(text, FORM), 'The token exchange', ['resource', 'a'])),
  },
  {
    name: 'client authentication',
    of: [gateway('http/client-authentication')],
    around: [
      (text) => text,
      (text) => `Basic ${text}`,
      (text) => `Basic ${btoa(text)}`,
      (text) => `Basic ${btoa(`${text}:${text}`)}`,
    ],
    reader: (text) => {
      const request = withHeader('Authorization', text)
      return () => authenticateClient(request, new Map(), clients, [URL_OF], 0)
    },
  },
  {
    name: 'a client assertion',
    of: [gateway('http/client-assertion')],
    maxSize: 4096,
    around: [
      (text) => text,
      (text) => `${btoa('{"alg":"EdDSA"}').replace('=', '')}.${btoa(text).replaceAll('=', '')}.AA`,
      (text) =>
        `${btoa('{"alg":"EdDSA"}').replace('=', '')}.${btoa(JSON.stringify({ sub: text, iss: text })).replaceAll('=', '')}.AA`,
    ],
    reader: reading((text) =>
      authenticateClient(
        new Request(URL_OF),
        new Map([
          ['client_assertion', text],
          ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
        ]),
        clients,
        [URL_OF],
        0,
      ),
    ),
  },
  {
    name: 'a DPoP proof',
    of: [gateway('dpop/proof'), gateway('dpop/uri')],
    maxSize: 4096,
    around: [
      (text) => text,
      (text) =>
        `${btoa('{"alg":"ES256","typ":"dpop+jwt"}').replaceAll('=', '')}.${btoa(text).replaceAll('=', '')}.AA`,
      (text) =>
        `${btoa(JSON.stringify({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty: 'EC', crv: 'P-256', x: text, y: text } })).replaceAll('=', '')}.${btoa('{}')}.AA`,
    ],
    reader: reading((text) =>
      checkProof(text, { method: 'GET', url: URL_OF, token: 'a', needsAth: true, now: 0 }),
    ),
  },
  {
    name: 'the address in a DPoP proof',
    of: [gateway('dpop/uri')],
    maxSize: 8192,
    around: [
      (text) => `${URL_OF}/${text}`,
      (text) => `https://${text}`,
      (text) => `${URL_OF}/${'%41'.repeat(text.length / 4)}`,
    ],
    reader: reading(plainUri),
  },
  {
    name: 'a DPoP nonce',
    of: [gateway('dpop/nonces')],
    maxSize: 8192,
    around: [(text) => text, (text) => `1.${text}`, (text) => `${'1'.repeat(text.length)}.`],
    reader: reading((text) => nonces.check(text)),
  },
  {
    name: 'Authorization: DPoP',
    of: [gateway('dpop/credentials')],
    around: [
      (text) => text,
      (text) => `DPoP ${text}`,
      (text) => `DPoP ${' '.repeat(text.length / 2)}${text}`,
    ],
    reader: (text) => {
      const request = withHeader('Authorization', text)
      return () => readDpopCredentials(request)
    },
  },
  {
    name: 'whom a subject stands for',
    of: [gateway('auth0/subject')],
    around: [(text) => text, (text) => `${text}@clients${text}`],
    reader: reading(subjectKind),
  },
  {
    name: 'If-None-Match',
    of: [gateway('routes/jwks')],
    around: [(text) => text, (text) => `W/"a", ${text}`],
    reader: (text) => {
      const request = withHeader('If-None-Match', text)
      const publishing = partial({
        config: { mode: 'EdDSA', audiences: new Map([['reports', {}]]) },
        kitFor: () => ({ jwks: () => Promise.resolve({ keys: [] }) }),
      })
      return () => jwksResponse(publishing, request)
    },
  },
  {
    name: 'Accept',
    of: [gateway('session/page'), gateway('http/navigation')],
    reader: (text) => {
      const request = withHeader('Accept', text, `${URL_OF}/auth/login`)
      return () => [wantsPage(request, '/auth/callback'), isNavigation(request)]
    },
  },
  {
    name: 'Sec-Purpose',
    of: [gateway('http/navigation')],
    reader: (text) => {
      const request = withHeader('Sec-Purpose', text)
      return () => isNavigation(request)
    },
  },
  {
    name: 'the origin of a route',
    of: [gateway('config/route-origin'), gateway('config/private-address')],
    maxSize: 300,
    around: [(text) => text, (text) => `https://${text}`, (text) => `https://[${text}]`],
    reader: reading((text) =>
      problemOfOrigin(text, { allowPrivate: false, environment: 'dev', baseUrl: URL_OF }),
    ),
  },
  {
    name: 'Location of an origin',
    of: [gateway('proxy/origin')],
    around: [(text) => text, (text) => `https://api.test/${text}`],
    reader: (text) => {
      const headers = new Headers({ Location: text })
      return () => adoptResponse(new Headers(headers), `https://api.test/a`, URL_OF)
    },
  },
  {
    name: 'the branding of pages',
    of: [gateway('config/branding'), gateway('session/page-style')],
    maxSize: 8192,
    around: [(text) => text, (text) => `data:image/png;base64,${text}`, (text) => `https://${text}`],
    reader: reading((text) =>
      [{ name: text }, { logo: text }, { color: text }, { css: text }, { supportUrl: text }].map((one) => {
        try {
          return styleOf(readBranding(one, text))
        } catch {
          return undefined
        }
      }),
    ),
  },
  {
    name: 'Origin',
    of: [gateway('proxy/cors'), gateway('http/csrf')],
    reader: (text) => {
      const request = new Request(URL_OF, { method: 'POST', headers: { Origin: text } })
      const open = partial({ config: { corsOrigins: new Set(['https://app.test']) } })
      return () => {
        allowOrigin(open, request, new Headers())
        rejectCrossSite(request, URL_OF)
      }
    },
  },
  ...['Cookie', 'traceparent', 'tracestate', 'Range', 'If-Match', 'Sec-WebSocket-Protocol'].map(
    (name): Row => ({
      name: `${name}, passed on`,
      of: [gateway('proxy/headers')],
      shapes: name === 'Cookie' ? SHAPES : FEW_SHAPES,
      reader: (text) => {
        const request = new Request(URL_OF, { headers: { Upgrade: 'websocket', [name]: text } })
        return () => route && forwardedHeaders(request, route, COOKIES)
      },
    }),
  ),
  {
    name: 'many headers, passed on',
    of: [gateway('proxy/headers')],
    maxSize: 8192,
    shapes: FEW_SHAPES,
    reader: (text) => {
      const headers = new Headers(words(text).map((_, index) => [`accept-${index}`, '1']))
      const request = new Request(URL_OF, { headers })
      return () => route && forwardedHeaders(request, route, COOKIES)
    },
  },
  {
    name: 'Set-Cookie of a service',
    of: [gateway('proxy/headers')],
    around: [(text) => text, (text) => `==  ${text}`],
    reader: reading((text) => stripResponse(new Headers([['Set-Cookie', text]]), COOKIES)),
  },
  {
    name: 'the address of a caller',
    of: [gateway('rate-limit')],
    around: [(text) => text, (text) => `1:${text}`, (text) => `::${text}`],
    reader: reading(networkOf),
  },
  {
    name: 'rights that are requested',
    of: [gateway('exchange/rules')],
    around: [(text) => words(text).join(' ')],
    shapes: FEW_SHAPES,
    // Sets of more entries miss the processor's caches, which looks like growth.
    maxSize: 8192,
    reader: reading((text) => {
      const all = text.split(' ')
      const subject = { sub: 'auth0|a', iat: 0, auth_iat: 0, exp: 900, scope: text, permissions: all }
      const request = { audience: 'a', scope: [...all].reverse(), roles: all, require: all, grant: all }
      return exchange(
        subject,
        request,
        {
          issuer: 'i',
          name: 'gateway',
          agents: new Set(),
          ttlSeconds: 60,
          maxTtlSeconds: 60,
          audiences: new Map([['a', { permissions: all, roles: all }]]),
          auth0: { issuer: 'i', rights: 'both', rolesClaim: 'permissions' },
        },
        0,
      )
    }),
  },
  {
    name: 'names and rights in a token of another issuer',
    of: [gateway('auth0/subject'), gateway('issuers/profiles'), gateway('issuers/rights')],
    around: [
      (text) => text,
      (text) => `${text}@clients`,
      (text) => `https://${text}#`,
      (text) => words(text).join(' '),
    ],
    reader: reading((text) => {
      for (const [profile, issuer] of ISSUERS) {
        const claims = {
          sub: text,
          iss: text,
          tid: text,
          azp: 'a',
          scope: text,
          scp: text,
          iat: 0,
          exp: 9,
          aud: 'a',
        }
        PROFILES[profile].problem?.({ ...claims, ver: '2.0' })
        PROFILES[profile].party(claims)
        permissionsOf({ ...claims, auth_iat: 0 }, issuer)
        subjectKind(foreignParty('https://i.test', text.toWellFormed(), 'user'))
      }
    }),
  },
  {
    name: 'resources that are requested',
    of: [gateway('exchange/target')],
    shapes: FEW_SHAPES,
    reader: reading((text) =>
      targetOf({ resources: words(text) }, { audiences: new Map(), audiencesByResource: new Map() }),
    ),
  },
  {
    name: 'the context of a transaction',
    of: [gateway('exchange/transaction-token')],
    maxSize: 2048,
    reader: reading((text) => readContext('request_context', text)),
  },
  {
    name: 'the scope of a transaction',
    of: [gateway('exchange/transaction-token')],
    shapes: FEW_SHAPES,
    reader: reading((text) => {
      const held = words(text)
      const claims = { sub: 's', aud: 'a', exp: 900, scope: held.join(' ') }
      const permissions = [...held.reverse(), 'not held']
      return replaceTransaction(partial({}), 'reports', partial(claims), { permissions })
    }),
  },
  {
    name: 'a password, and its user’s name',
    of: [gateway('routes/password')],
    maxSize: 30_000,
    around: [(text) => text, (text) => JSON.stringify({ username: text, password: 'p' })],
    shapes: [...SHAPES, MARKS],
    reader: reading((text) =>
      passwordLogin(
        partial({ config: { login: LOGIN, environment: 'production' } }),
        post(text, 'application/json'),
        newTrace({ requestId: 'id', traceId: 'id' }),
      ),
    ),
  },
  {
    name: 'an operation',
    of: [gateway('routes/operator')],
    maxSize: 65_000,
    around: [(text) => text, (text) => JSON.stringify({ operation: 'whois', token: text })],
    reader: reading((text) => readOperation(withHeader('Content-Type', 'application/json'), text)),
  },
  {
    name: 'what a service responds to a probe',
    of: [gateway('operations/probe')],
    maxSize: 65_000,
    around: [(text) => text, (text) => JSON.stringify({ issuer: text, audience: words(text), kids: [] })],
    shapes: FEW_SHAPES,
    reader: reading((text) => replyOf(new Response(text))),
  },
  {
    name: 'what Auth0 responds to a password',
    of: [gateway('auth0/password-realm'), gateway('auth0/send')],
    maxSize: 262_144,
    reader: reading((text) =>
      passwordRealm(LOGIN, { username: 'a', password: 'b', ip: undefined }, () =>
        Promise.resolve(new Response(text, { status: 403, headers: { 'Content-Type': 'application/json' } })),
      ),
    ),
  },
  {
    name: 'Retry-After of Auth0',
    of: [gateway('auth0/send')],
    reader: reading((text) =>
      askAuth0('https://tenant.test', { method: 'GET', headers: {} }, () =>
        Promise.resolve(new Response('', { status: 429, headers: { 'Retry-After': text } })),
      ),
    ),
  },
  ...[400, 401].map((status): Row => ({
    name: `what Auth0 responds to a code, with ${status}`,
    of: [gateway('auth0/client'), gateway('auth0/client-errors')],
    maxSize: 65_536,
    around: [(text) => text, (text) => JSON.stringify({ error: text, error_description: text })],
    reader: reading((text) =>
      new Auth0Client(LOGIN, {
        now: () => 0,
        fetch: () =>
          Promise.resolve(
            new Response(text, {
              status,
              headers: { 'Content-Type': 'application/json', ...(status === 401 && challengeOf(text)) },
            }),
          ),
      }).exchangeCode(new URLSearchParams({ code: 'c', state: 's' }), { ...REDIRECT, requiresIss: false }),
    ),
  })),
  {
    name: 'the callback of a login',
    of: [gateway('auth0/client')],
    around: [(text) => `state=s&error=${encodeURIComponent(text)}`, (text) => text],
    shapes: FEW_SHAPES,
    reader: reading((text) =>
      new Auth0Client(LOGIN, { now: () => 0 }).exchangeCode(new URLSearchParams(text), {
        ...REDIRECT,
        requiresIss: false,
      }),
    ),
  },
  {
    name: 'logins under way',
    of: [gateway('session/login-attempt')],
    // Of cookies: 2048 are more than a request can have.
    maxSize: 2048,
    around: [
      (text) => text,
      (text) =>
        text
          .split('')
          .map((_, index) => `${LOGINS.cookies.login}${index}=a`)
          .join('; '),
    ],
    shapes: FEW_SHAPES,
    reader: (text) => {
      const request = withHeader('Cookie', text)
      return async () => {
        await findLoginAttempt(LOGINS, request, text)
        await keepLoginAttempt(LOGINS, request, ATTEMPT)
      }
    },
  },
  {
    name: 'a cookie that is decrypted',
    of: [gateway('session/encryption')],
    maxSize: 4096,
    shapes: FEW_SHAPES,
    around: [(text) => text, (text) => `${text}..${text}.${text}.${text}`],
    reader: reading((text) => encryption.decrypt('session', text, 0)),
  },
  ...Object.keys(VARIABLES.shape).map((name): Row => ({
    name: `the variable ${name}`,
    of: [
      gateway('config/schema'),
      gateway('config/clients'),
      gateway('config/value-types'),
      gateway('config/definition-schema'),
      gateway('config/exchange'),
      gateway('config/session'),
      gateway('config/web'),
      gateway('config/auth0'),
      gateway('config/login-settings'),
      gateway('config/login-parameters'),
    ],
    maxSize: 65_536,
    shapes: FEW_SHAPES,
    reader: reading((text) => parseConfig({ ...ENV, [name]: text }, DEFINITION)),
  })),
  {
    name: 'a route and a right in the definition',
    of: [gateway('config/definition-schema')],
    maxSize: 8192,
    around: [(text) => `/${text}`, (text) => `/a/${text}/*`],
    reader: reading((text) =>
      parseConfig(ENV, {
        audiences: { [text]: { permissions: [text], roles: [], resources: [text] } },
        routes: [
          {
            match: text,
            methods: ['GET'],
            service: text,
            auth: 'none',
            forwardHeaders: [text],
            forwardCookies: [text],
          },
        ],
      }),
    ),
  },
  {
    name: 'the name of a chat',
    of: ['workers/consumer/src/chat/chat-name.ts'],
    maxSize: 8192,
    reader: reading((text) => [ownerOfChat(text), chatNameOf(text)]),
  },
]
