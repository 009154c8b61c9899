import { answerIn, replyIn } from '../../../packages/kit/src/agents/chat-frames.ts'
import { authenticateUpgrade } from '../../../packages/kit/src/agents/upgrade.ts'
import { verifyReceipt } from '../../../packages/kit/src/approvals/verify-receipt.ts'
import { checkRegisteredClaims } from '../../../packages/kit/src/claims/checks.ts'
import { rightsOf, type VerifiedClaims } from '../../../packages/kit/src/claims/types.ts'
import {
  fingerprintOf,
  misspeltVariables,
  settingsFromEnv,
} from '../../../packages/kit/src/config/from-env.ts'
import {
  readAudiences,
  readList,
  readNumber,
  readText,
  readThumbprints,
} from '../../../packages/kit/src/config/values.ts'
import { createExternalVerifier, externalVerifier } from '../../../packages/kit/src/external/from-env.ts'
import { parseExternalJwk } from '../../../packages/kit/src/external/key.ts'
import { auth0, entra } from '../../../packages/kit/src/external/presets.ts'
import { cookie, header as headerOfItsOwn } from '../../../packages/kit/src/hono/credential.ts'
import { readCredentials } from '../../../packages/kit/src/http/bearer.ts'
import { cookiePairs } from '../../../packages/kit/src/http/cookies.ts'
import { denial } from '../../../packages/kit/src/http/decision.ts'
import { offeredProtocols, serviceProtocols } from '../../../packages/kit/src/http/websocket.ts'
import { decodeBase64Url, encodeBase64Url } from '../../../packages/kit/src/jose/base64url.ts'
import { CompactReader } from '../../../packages/kit/src/jose/compact.ts'
import { isJwksUrl, urlLoader } from '../../../packages/kit/src/keys/fetch-jwks.ts'
import { SecretRing } from '../../../packages/kit/src/keys/hmac-secrets.ts'
import { JwksSource } from '../../../packages/kit/src/keys/jwks-source.ts'
import { parsePrivateJwk } from '../../../packages/kit/src/keys/private-jwk.ts'
import { parsePublicJwk } from '../../../packages/kit/src/keys/public-jwk.ts'
import { secretBytes } from '../../../packages/kit/src/keys/secret-text.ts'
import { InlineSource } from '../../../packages/kit/src/keys/static-source.ts'
import { createKit } from '../../../packages/kit/src/kit/create-kit.ts'
import { readCorrelation } from '../../../packages/kit/src/log/correlation.ts'
import { analyticsEngine } from '../../../packages/kit/src/log/sinks/analytics-engine.ts'
import { datadogLogs } from '../../../packages/kit/src/log/sinks/datadog-logs.ts'
import { parseOtlpHeaders } from '../../../packages/kit/src/log/sinks/otlp-headers.ts'
import { otlpLogs } from '../../../packages/kit/src/log/sinks/otlp-logs.ts'
import { otlpBody, otlpRejected } from '../../../packages/kit/src/log/sinks/otlp-records.ts'
import { logDecision } from '../../../packages/kit/src/log/decision-line.ts'
import { Logger } from '../../../packages/kit/src/log/logger.ts'
import { canonicalJson } from '../../../packages/kit/src/primitives/canonical-json.ts'
import { parseJsonObject } from '../../../packages/kit/src/primitives/json.ts'
import { isNearMiss } from '../../../packages/kit/src/primitives/near-miss.ts'
import { parsePasted } from '../../../packages/kit/src/primitives/pasted.ts'
import { delegateClaims } from '../../../packages/kit/src/tokens/delegate.ts'
import { parse } from '../../../packages/kit/src/tokens/parse.ts'
import { computeRequestHash } from '../../../packages/kit/src/tokens/request-hash.ts'
import { FEW_SHAPES } from './hostile.ts'
import { reading, type Row } from './row.ts'

const kit = (path: string): string => `packages/kit/src/${path}.ts`
const encode = (text: string): string => encodeBase64Url(new TextEncoder().encode(text))
const silent = (): void => undefined
const clock = { now: () => 0, onEvent: silent, logLevel: 'off' } as const
const header = (members: object): string => encode(JSON.stringify(members))

const KEY = { kty: 'OKP', crv: 'Ed25519', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
const SECRET = 'A'.repeat(86)
const verifier = createExternalVerifier({
  issuer: 'https://issuer.test/',
  audience: 'api',
  jwksUri: 'https://issuer.test/jwks',
  algorithms: ['RS256'],
  fetch: () => Promise.resolve(Response.json({ keys: [] })),
  logLevel: 'off',
})
const issuing = createKit({ issuer: 'https://issuer.test', audience: 'reports', sign: { secret: SECRET } })

/** What is too long is rejected, after it was looked at. */
function attempt(value: unknown): unknown {
  try {
    return canonicalJson(value)
  } catch (error) {
    return error
  }
}

/** A sink that sends at once, to nobody. */
const sending = { sleep: () => Promise.resolve(), fetch: () => Promise.resolve(new Response()) }

/** Sends a line to a receiver that says when to come again. */
function sendTo(retryAfter: string): Promise<unknown> {
  return new Promise((resolve) => {
    const response = Response.json(
      {},
      { status: 503, headers: { 'Retry-After': encodeURIComponent(retryAfter) } },
    )
    const fetch = (): Promise<Response> => Promise.resolve(response)
    const make = otlpLogs({ ...sending, fetch, endpoint: 'https://a.test', waitUntil: resolve })
    make({}, silent)?.write({ level: 'warn', event: 'decision', schema: 1 })
  })
}

/** Words of a text as a list, each of which may be one right or audience. */
const words = (text: string): string[] => text.split('').map((character, index) => `${character}${index}`)

export const KIT_ROWS: readonly Row[] = [
  {
    name: 'Authorization',
    of: [kit('http/bearer')],
    around: [
      (text) => text,
      (text) => `Bearer ${text}`,
      (text) => `Bearer a${text}`,
      (text) => `Basic ${text}`,
      (text) => `Basic a,${text}, bearer`,
    ],
    reader: (text) => {
      const request = new Request('https://a.test', { headers: { Authorization: text } })
      return () => readCredentials(request)
    },
  },
  {
    name: 'Cookie',
    of: [kit('http/cookies')],
    around: [(text) => text, (text) => `a=1;${text}`, (text) => `a=${text}; b=2`],
    reader: reading((text) => cookiePairs(text)),
  },
  {
    name: 'a token in a header or a cookie of its own',
    of: [kit('hono/credential')],
    around: [(text) => text, (text) => `a=${text}`, (text) => `${'A'.repeat(100)}${text}`],
    reader: (text) => {
      const request = new Request('https://a.test', { headers: { 'X-Token': text, Cookie: text } })
      const readers = [headerOfItsOwn('X-Token'), cookie('a')]
      return () => readers.map((read) => read(request))
    },
  },
  {
    name: 'Sec-WebSocket-Protocol',
    of: [kit('http/websocket')],
    around: [(text) => text, (text) => `sealgate, sealgate.bearer.${text}`],
    reader: (text) => {
      const headers = new Headers({ 'Sec-WebSocket-Protocol': text })
      return () => serviceProtocols(offeredProtocols(headers))
    },
  },
  {
    name: 'an upgrade',
    of: [kit('agents/upgrade')],
    shapes: FEW_SHAPES,
    reader: reading((text) =>
      authenticateUpgrade(
        new Request(`https://a.test/?token=${encodeURIComponent(text)}`, {
          headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': text },
        }),
        { kit: issuing, query: 'token' },
      ),
    ),
  },
  {
    name: 'a frame of a chat',
    of: [kit('agents/chat-frames')],
    around: [
      (text) => text,
      (text) => JSON.stringify({ type: 'cf_agent_tool_approval', toolCallId: text, approved: true }),
    ],
    reader: reading((text) => [answerIn(text), replyIn(text)]),
  },
  {
    name: 'texts and the token of a line in the log',
    of: [kit('log/logger'), kit('log/decision-line')],
    around: [
      (text) => text,
      (text) => `${header({ alg: 'EdDSA', kid: text })}.${header({ aud: text })}.AAAA`,
    ],
    reader: (text) => {
      const logger = new Logger({ level: 'off', onDecision: silent })
      const denied = denial(403, 'insufficient_rights', text, [text])
      return () => {
        logDecision({ logger, logHashKey: undefined }, denied, () => ({ source: text }))
      }
    },
  },
  { name: 'base64url', of: [kit('jose/base64url')], reader: reading(decodeBase64Url) },
  {
    name: 'a compact token, however long',
    of: [kit('jose/compact')],
    around: [
      (text) => text,
      (text) => `${text}.${text}.${text}`,
      (text) => `${encode(text)}.${encode(text)}.AA`,
      (text) => `${header({ alg: 'HS512', a: text })}.e30.AA`,
      (text) => `${encode(`{"alg":"HS512","a":${text}`)}.e30.AA`,
    ],
    reader: reading((text) => new CompactReader(text.length).read(text)),
  },
  {
    name: 'a token that is parsed',
    of: [kit('tokens/parse')],
    maxSize: 4096,
    around: [(text) => `${header({ alg: 'HS512' })}.${encode(text)}.AA`],
    reader: reading(parse),
  },
  {
    name: 'a token that is verified',
    of: [kit('tokens/verify')],
    maxSize: 4096,
    shapes: FEW_SHAPES,
    around: [
      (text) => `${header({ alg: 'HS512' })}.${encode(text)}.${SECRET}`,
      (text) => `${header({ alg: 'HS512', kid: text })}.e30.${SECRET}`,
    ],
    reader: reading((text) => issuing.safeVerify(text)),
  },
  {
    name: 'a token of another issuer',
    of: [kit('external/external-verifier')],
    maxSize: 4096,
    around: [
      (text) => `${header({ alg: 'RS256', typ: text })}.e30.AA`,
      (text) => `${header({ alg: 'RS256', typ: `application/${text}` })}.e30.AA`,
      (text) => `${header({ alg: text })}.e30.AA`,
    ],
    reader: reading((text) => verifier.safeVerify(text)),
  },
  {
    name: 'X-Request-Id, traceparent and tracestate',
    of: [kit('log/correlation'), kit('log/request-ids')],
    around: [
      (text) => text,
      (text) => `1.${text}`,
      (text) => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01${text}`,
      (text) => `01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-${text}`,
      (text) => `a=1,${text}=2`,
    ],
    reader: (text) => {
      const headers = new Headers({ 'X-Request-Id': text, traceparent: text })
      const withState = new Headers({
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        tracestate: text,
      })
      return () => [readCorrelation(headers), readCorrelation(withState)]
    },
  },
  { name: 'JSON', of: [kit('primitives/json')], reader: reading(parseJsonObject) },
  {
    name: 'frames of a chat',
    of: [kit('agents/chat-frames')],
    around: [
      (text) => `{"type":"cf_agent_tool_approval","toolCallId":${JSON.stringify(text)},"approved":true}`,
      (text) => `{"type":"cf_agent_use_chat_response","id":${JSON.stringify(text)}}`,
      (text) => `${text}"cf_agent_tool_approval""cf_agent_use_chat_response"`,
    ],
    shapes: FEW_SHAPES,
    reader: reading((text) => [answerIn(text), replyIn(text)]),
  },
  {
    name: 'a scope',
    of: [kit('claims/types')],
    reader: reading((text) => [
      rightsOf({ scope: text }),
      rightsOf({ scp: text }),
      rightsOf({ permissions: words(text) }),
    ]),
  },
  {
    name: 'an audience that is a list',
    of: [kit('claims/checks')],
    shapes: FEW_SHAPES,
    reader: reading((text) =>
      checkRegisteredClaims(
        { iss: 'i', sub: 's', iat: 0, exp: 1, aud: words(text) },
        { issuer: 'i', audiences: ['reports'], leewaySeconds: 0, maxTtlSeconds: 1 },
        0,
      ),
    ),
  },
  {
    name: 'rights that are delegated',
    of: [kit('tokens/delegate')],
    shapes: FEW_SHAPES,
    reader: reading((text) => {
      const permissions = words(text)
      const claims = {
        iss: 'i',
        sub: 's',
        aud: 'a',
        iat: 0,
        exp: 900,
        permissions,
      } as unknown as VerifiedClaims
      const request = { aud: 'b', permissions: [...permissions].reverse() }
      return delegateClaims(claims, { iss: 'i', sub: 'b' }, request, { ttlSeconds: 60, maxTtlSeconds: 60 }, 0)
    }),
  },
  {
    name: 'arguments that a person approves',
    of: [kit('primitives/canonical-json')],
    reader: (text) => {
      const members = Object.fromEntries(
        Array.from(text.slice(0, 8192), (one, index) => [`${one}${index}`, one]),
      )
      return () => [text, [text, text], { [text]: text }, members].map((value) => attempt(value))
    },
  },
  {
    name: 'a receipt that somebody kept',
    of: [kit('approvals/verify-receipt')],
    around: [
      (text) => text,
      (text) => `${header({ alg: 'EdDSA', kid: 'a', typ: 'approval-receipt+jws' })}..${text}`,
    ],
    reader: reading((jws) =>
      verifyReceipt({ approval: {}, issued_at: 0, outcome: jws.slice(0, 4096), jws }, { keys: [KEY] }),
    ),
  },
  {
    name: 'a request that a token is bound to',
    of: [kit('tokens/request-hash')],
    shapes: FEW_SHAPES,
    reader: reading((text) =>
      computeRequestHash(
        new Request(`https://a.test/${encodeURIComponent(text)}`, { method: 'POST', body: text }),
      ),
    ),
  },
  {
    name: 'a JWKS that was fetched',
    of: [kit('keys/fetch-jwks')],
    maxSize: 65_536,
    reader: reading((text) =>
      urlLoader('https://a.test', () => Promise.resolve(new Response(text)))(
        false,
        new AbortController().signal,
      ),
    ),
  },
  {
    name: 'the address of a JWKS',
    of: [kit('keys/fetch-jwks'), kit('primitives/loopback')],
    around: [(text) => text, (text) => `http://127.${text}`, (text) => `https://a.test/${text}`],
    reader: reading(isJwksUrl),
  },
  {
    name: 'the keys of a JWKS',
    of: [kit('keys/jwks-source')],
    maxSize: 64,
    shapes: FEW_SHAPES,
    reader: reading((text) => {
      const keys = words(text).map((kid) => ({ ...KEY, kid }))
      const load = (): Promise<Readonly<Record<string, unknown>>> => Promise.resolve({ keys })
      const times = { ttlSeconds: 300, maxStaleSeconds: 0, cooldownSeconds: 30 }
      return new JwksSource({ source: 'url', load, ...times, ...clock }).find('a0')
    }),
  },
  {
    name: 'a JWK',
    of: [kit('jose/jwk'), kit('keys/public-jwk'), kit('keys/private-jwk'), kit('external/key')],
    around: [
      (text) => text,
      (text) => JSON.stringify({ ...KEY, x: text }),
      (text) => JSON.stringify({ ...KEY, kid: text }),
      (text) => JSON.stringify({ ...KEY, d: text }),
      (text) => JSON.stringify({ kty: 'RSA', n: text, e: 'AQAB' }),
      (text) => JSON.stringify({ kty: 'RSA', n: encode(text), e: encode('\0'.repeat(text.length)) }),
    ],
    reader: reading((text) => {
      const jwk = parseJsonObject(text)
      return [parsePrivateJwk(text), parsePublicJwk(jwk), parseExternalJwk(jwk)]
    }),
  },
  {
    name: 'a public key in the environment',
    of: [kit('keys/static-source')],
    around: [(text) => text, (text) => JSON.stringify({ keys: words(text) })],
    shapes: FEW_SHAPES,
    reader: reading((text) => new InlineSource({ name: 'A', value: text }, clock)),
  },
  {
    name: 'a secret or key as somebody pasted it',
    of: [kit('keys/secret-text'), kit('primitives/pasted')],
    around: [(text) => text, (text) => `hex:${text}`, (text) => `"${text}"`, (text) => `${text}\n`.repeat(2)],
    reader: reading((text) => [secretBytes(text, 64), parsePasted(text)]),
  },
  {
    name: 'secrets in the environment',
    of: [kit('keys/hmac-secrets')],
    around: [(text) => text, (text) => ` ${encode(text)} `],
    reader: reading((text) => new SecretRing([{ name: 'A', text }], silent)),
  },
  {
    name: 'many secrets in the environment',
    of: [kit('keys/hmac-secrets')],
    shapes: FEW_SHAPES,
    reader: reading(
      (text) =>
        new SecretRing(
          words(text).map((name, index) => ({ name, text: index % 2 === 0 ? SECRET : '' })),
          silent,
        ),
    ),
  },
  {
    name: 'a list, number or text in the environment',
    of: [kit('config/values')],
    around: [(text) => text, (text) => `["a",${text}]`],
    reader: reading((text) => [
      ...[() => readList(text, 'A'), () => readThumbprints(text, 'A'), () => readText(text, 'A', 'a')].map(
        tried,
      ),
      ...[() => readNumber(text, 'A', 1, 0, 9), () => readAudiences(text, 'A')].map(tried),
    ]),
  },
  {
    name: 'names of bindings',
    of: [kit('config/bindings'), kit('config/from-env')],
    shapes: FEW_SHAPES,
    around: [
      (text) => text,
      (text) =>
        words(text)
          .map((_, index) => `A${index}`)
          .join(),
      (text) => JSON.stringify(words(text).map((_, index) => `A${index}`)),
    ],
    reader: reading((text) => [
      tried(() => settingsFromEnv({ JWT_ISS: 'i', JWT_AUD: 'a', JWT_SECRET_NAME: text, A0: SECRET })),
      tried(() => fingerprintOf({ JWT_SECRET_NAME: text })),
    ]),
  },
  {
    name: 'values of the environment',
    of: [kit('config/from-env')],
    shapes: FEW_SHAPES,
    reader: reading((text) => [
      tried(() => settingsFromEnv({ JWT_ISS: text, JWT_AUD: text, JWT_SECRET: SECRET })),
      tried(() => settingsFromEnv({ JWT_ISS: 'i', JWT_AUD: 'a', JWT_SECRET: text })),
      tried(() => settingsFromEnv({ JWT_ISS: 'i', JWT_AUD: 'a', JWT_PUBLIC_JWK: text })),
    ]),
  },
  {
    name: 'a line that goes to a sink',
    of: [kit('log/sinks/otlp-records'), kit('log/sinks/datadog-logs')],
    shapes: FEW_SHAPES,
    reader: (text) => {
      const line = { level: 'warn', event: 'decision', schema: 1, service: text, detail: text } as const
      const sink = datadogLogs({ ...sending, apiKey: 'a' })({}, silent)
      return () => [otlpBody([line], 0), sink?.write(line)]
    },
  },
  {
    name: 'what a receiver of lines responds',
    of: [kit('log/sinks/otlp-records'), kit('log/sinks/batching-sink')],
    around: [(text) => text, (text) => `{"partialSuccess":{"rejectedLogRecords":"${text}"}}`],
    reader: (text) => () => [otlpRejected(text), sendTo(text)],
  },
  {
    name: 'settings of a sink',
    of: [
      ...[kit('log/sinks/otlp-headers'), kit('log/sinks/otlp-logs'), kit('log/sinks/sink-settings')],
      ...[kit('log/sinks/datadog-logs'), kit('log/sinks/analytics-engine')],
    ],
    around: [(text) => text, (text) => `a=${text}`, (text) => `https://a.test/${text}`],
    reader: reading((text) => [
      tried(() => parseOtlpHeaders(text, 'A')),
      tried(() => otlpLogs()({ OTEL_EXPORTER_OTLP_ENDPOINT: text }, silent)),
      tried(() => datadogLogs()({ DATADOG_API_KEY: 'a', DATADOG_SITE: text }, silent)),
      tried(() =>
        analyticsEngine({ dataset: { writeDataPoint: silent } })({ METRICS_GRANTS_PER_POINT: text }, silent),
      ),
    ]),
  },
  {
    name: 'names of variables',
    of: [kit('primitives/near-miss'), kit('config/from-env')],
    shapes: FEW_SHAPES,
    reader: reading((text) => [
      isNearMiss(`a${text}`, `${text}a`),
      misspeltVariables(Object.fromEntries(words(text).map((name) => [`JWT_${name}`, '']))),
    ]),
  },
  {
    name: 'where another issuer is',
    of: [kit('external/presets'), kit('external/from-env')],
    around: [(text) => text, (text) => `a.${text}`, (text) => `${'0'.repeat(8)}-${text}`],
    reader: reading((text) => [
      ...[() => auth0(text), () => entra(text)].map(tried),
      tried(() =>
        externalVerifier({
          AUTH_ISSUER: 'i',
          AUTH_AUDIENCE: text,
          AUTH_JWKS_URL: 'x',
          AUTH_ALGORITHMS: text,
        }),
      ),
    ]),
  },
]

/** So that a rejection does not keep the next from its turn. */
function tried(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return undefined
  }
}
