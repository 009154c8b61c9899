import type { ExternalAlg } from '@sealgate/kit/external'
import * as z from 'zod/mini'
import { METHODS } from './definition.ts'
import { MCP_METHODS } from './mcp-definition.ts'
import { ISSUER_PROFILES } from './issuer-definition.ts'
import { EMPTY, short } from './value-types.ts'

/** As long as a subject or a token that was revoked stays on the deny-list. Seconds. */
const MAX_OFFLINE_SECONDS = 31 * 86_400

/** A permission or role: a scope token (RFC 6749 §3.3), so that a list of them can be written with spaces. */
const right = z
  .string()
  .check(
    z.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'is not a permission: printable ASCII without spaces, " and \\'),
  )
const rights = z.array(right)

const name = z.string().check(z.minLength(1, EMPTY))

/** RFC 8707 §2: an absolute URI without a fragment. */
const resource = z
  .string()
  .check(
    z.refine((uri) => URL.canParse(uri) && !/[#\s]/.test(uri), 'must be an absolute URI without a fragment'),
  )

export const audiences = z.record(
  name,
  z.strictObject({
    permissions: rights,
    roles: rights,
    actors: z.optional(z.array(name)),
    resources: z.optional(z.array(resource)),
  }),
)

export const clients = z.record(
  name,
  z.strictObject({
    kind: z.optional(z.literal('agent', 'must be agent, or left out')),
    audiences: z.array(name),
    keys: z.optional(z.array(z.record(z.string(), z.unknown()))),
  }),
)

export const offline = z.record(
  name,
  z.strictObject({
    maxAgeSeconds: z.int().check(z.minimum(1), z.maximum(MAX_OFFLINE_SECONDS)),
    permissions: rights,
  }),
)

/** RFC 8414 §2: no query and no fragment, so that `ISSUER#SUBJECT` can be told apart. */
const issuer = z
  .string()
  .check(
    z.refine(
      (url) => URL.canParse(url) && /^https?:\/\/[^?#@\s]+$/.test(url),
      'must be the iss of its tokens: an https URL without query and fragment',
    ),
  )

const claim = z.optional(name)

// Which there are, the verifier knows.
const algorithms = z.optional(z.array(z.custom<ExternalAlg>((alg) => typeof alg === 'string')))
const jwksUri = z.optional(z.url({ protocol: /^https?$/, error: 'must be an https URL' }))

export const issuers = z.array(
  z.strictObject({
    issuer,
    audience: z.union(
      [name, z.array(name).check(z.minLength(1, EMPTY))],
      'must be the aud of its tokens, or a list',
    ),
    algorithms,
    jwksUri,
    profile: z.optional(z.enum(ISSUER_PROFILES, `must be one of ${ISSUER_PROFILES.join(', ')}`)),
    clients: z.optional(z.union([z.literal('any'), z.array(name)], "must be client ids, or 'any'")),
    permissionsClaim: claim,
    rolesClaim: claim,
    everybody: z.optional(z.strictObject({ permissions: z.optional(rights), roles: z.optional(rights) })),
    authTimeClaim: claim,
    emailIsVerified: z.optional(z.boolean()),
  }),
)

/** Headers that this gateway sets, strips, or that belong to one hop: no route may pass them on. */
const RESERVED_HEADERS =
  /^(authorization|cookie|host|connection|upgrade|te|trailer|transfer-encoding|keep-alive|expect|content-length|txn-token|dpop|x-request-id|traceparent|tracestate|x-client-ip|x-real-ip|x-user-.*|x-forwarded-.*|forwarded|true-client-ip|cf-.*|proxy-.*|sec-websocket-.*)$/

/** RFC 9728 §2: the URL of a page. */
const page = short(300).check(
  z.refine((url) => URL.canParse(url) && url.startsWith('https://'), 'must be an https URL'),
)

const mcp = z.strictObject({
  // Any text of JSON: but one that fits into a dialog.
  name: short(100).check(z.minLength(1, EMPTY)),
  scopes: rights,
  documentation: z.optional(page),
  policy: z.optional(page),
  terms: z.optional(page),
  audiences: z.optional(z.array(name)),
  clients: z.optional(z.union([z.literal('any'), z.array(name)], 'must be any, or client ids')),
  enterprise: z.optional(
    z.strictObject({
      issuers: z
        .array(
          z.union(
            [name, z.strictObject({ issuer, jwksUri, algorithms })],
            'must be the name of an issuer, or { issuer, jwksUri, algorithms }',
          ),
        )
        .check(z.minLength(1, EMPTY)),
    }),
  ),
})

const common = {
  match: z.string().check(
    z.regex(
      /^\/$|^(\/[A-Za-z0-9\-._~]+)*(\/\*)?$/,
      'must be a literal path such as /api/reports, or a prefix such as /api/*',
    ),
    z.minLength(1, EMPTY),
    z.refine(
      (match) => !match.split('/').some((segment) => segment === '.' || segment === '..'),
      'must not have dot segments',
    ),
  ),
  service: z.optional(name),
  origin: z.optional(short(300)),
  allowPrivate: z.optional(z.boolean()),
  forwardHeaders: z.optional(
    z.array(
      z.string().check(
        z.regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header in lower case'),
        z.refine((header) => !RESERVED_HEADERS.test(header), 'is a header that no route may pass on'),
      ),
    ),
  ),
  forwardCookies: z.optional(
    z.array(
      z.string().check(
        z.regex(/^[a-zA-Z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a cookie'),
        z.refine((cookie) => !/^(__Host-)?sealgate(-|$)/.test(cookie), 'is a cookie of the gateway itself'),
        z.refine((cookie) => !/^CF_Authorization$/i.test(cookie), 'is a credential of Cloudflare Access'),
      ),
    ),
  ),
  timeoutMs: z.optional(z.int().check(z.minimum(1), z.maximum(600_000))),
  overrides: z.optional(z.boolean()),
}

const NO_METHOD = 'must name at least one method'
const methods = z.array(z.enum(METHODS), NO_METHOD).check(z.minLength(1, NO_METHOD))

const noMcp = z.optional(z.undefined('is for a route with auth: required'))

const withToken = {
  ...common,
  audience: name,
  require: z.optional(rights),
  grant: z.optional(rights),
  identityHeaders: z.optional(z.boolean()),
}

export const routes = z.array(
  z
    .discriminatedUnion(
      'auth',
      [
        z.strictObject({ ...common, methods, mcp: noMcp, auth: z.literal('none') }),
        z.strictObject({
          ...withToken,
          methods: z.optional(methods),
          auth: z.optional(z.literal('required')),
          login: z.optional(z.literal('redirect', 'must be redirect, or left out')),
          cloudflareAccess: z.optional(z.boolean()),
          mcp: z.optional(mcp),
        }),
        z.strictObject({
          ...withToken,
          methods,
          mcp: noMcp,
          auth: z.literal('anonymous'),
          anonymousGrant: rights,
        }),
      ],
      'must be required (the default), anonymous or none',
    )
    .check(
      z.superRefine(({ service, origin, allowPrivate, ...route }, context) => {
        const say = (message: string, ...path: string[]): void =>
          context.addIssue({ code: 'custom', message, path })
        if (route.mcp === undefined) {
          if (route.methods === undefined) say(NO_METHOD, 'methods')
        } else {
          const other = route.methods?.find((method) => !MCP_METHODS.some((one) => one === method))
          if (other !== undefined) say(`has ${other}, and MCP has ${MCP_METHODS.join(', ')} alone`, 'methods')
          if ('login' in route && route.login !== undefined)
            say('is for browsers, and mcp for clients with a token: keep one', 'login')
          if ('cloudflareAccess' in route && route.cloudflareAccess === true)
            say('is for browsers, and mcp for clients with a token: keep one', 'cloudflareAccess')
          if ((route.forwardCookies?.length ?? 0) > 0)
            say('has cookies, and none counts on a route with mcp: remove it', 'forwardCookies')
        }
        if (service === undefined && origin === undefined) say('needs a service, or an origin')
        if (service !== undefined && origin !== undefined) say('has a service and an origin: keep one')
        if (allowPrivate !== undefined && origin === undefined)
          say('has allowPrivate, which is for an origin')
      }),
    ),
)
