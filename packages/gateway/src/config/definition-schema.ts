import * as z from 'zod/mini'
import { METHODS } from './definition.ts'
import { EMPTY, short } from './value-types.ts'

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
    audiences: z.array(name),
    keys: z.optional(z.array(z.record(z.string(), z.unknown()))),
  }),
)

/** Headers that this gateway sets, strips, or that belong to one hop: no route may pass them on. */
const RESERVED_HEADERS =
  /^(authorization|cookie|host|connection|upgrade|te|trailer|transfer-encoding|keep-alive|expect|content-length|txn-token|x-request-id|traceparent|tracestate|x-client-ip|x-real-ip|x-user-.*|x-forwarded-.*|forwarded|true-client-ip|cf-.*|proxy-.*|sec-websocket-.*)$/

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
  methods: z.array(z.enum(METHODS)).check(z.minLength(1, 'must name at least one method')),
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
      ),
    ),
  ),
  timeoutMs: z.optional(z.int().check(z.minimum(1), z.maximum(600_000))),
  overrides: z.optional(z.boolean()),
}

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
        z.strictObject({ ...common, auth: z.literal('none') }),
        z.strictObject({
          ...withToken,
          auth: z.optional(z.literal('required')),
          login: z.optional(z.literal('redirect', 'must be redirect, or left out')),
        }),
        z.strictObject({ ...withToken, auth: z.literal('anonymous'), anonymousGrant: rights }),
      ],
      'must be required (the default), anonymous or none',
    )
    .check(
      z.superRefine(({ service, origin, allowPrivate }, context) => {
        const say = (message: string): void => context.addIssue({ code: 'custom', message })
        if (service === undefined && origin === undefined) say('needs a service, or an origin')
        if (service !== undefined && origin !== undefined) say('has a service and an origin: keep one')
        if (allowPrivate !== undefined && origin === undefined)
          say('has allowPrivate, which is for an origin')
      }),
    ),
)
