import * as z from 'zod'
import { METHODS } from './definition.ts'

/** A permission or role: a scope token (RFC 6749 §3.3), so that a list of them can be written with spaces. */
const right = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'is not a permission: printable ASCII without spaces, " and \\')
const rights = z.array(right)

const name = z.string().min(1, 'must not be empty')

/** RFC 8707 §2: an absolute URI without a fragment. */
const resource = z
  .string()
  .refine((uri) => URL.canParse(uri) && !/[#\s]/.test(uri), 'must be an absolute URI without a fragment')

export const audiences = z.record(
  name,
  z.strictObject({
    permissions: rights,
    roles: rights,
    actors: z.array(name).optional(),
    resources: z.array(resource).optional(),
  }),
)

export const clients = z.record(
  name,
  z.strictObject({
    audiences: z.array(name),
    keys: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
)

/** Headers that this gateway sets, strips, or that belong to one hop: no route may pass them on. */
const RESERVED_HEADERS =
  /^(authorization|cookie|host|connection|upgrade|te|trailer|transfer-encoding|keep-alive|expect|content-length|txn-token|x-request-id|x-client-ip|x-real-ip|x-user-.*|x-forwarded-.*|forwarded|true-client-ip|cf-.*|proxy-.*|sec-websocket-.*)$/

const common = {
  match: z
    .string()
    .regex(
      /^\/$|^(\/[A-Za-z0-9\-._~]+)*(\/\*)?$/,
      'must be a literal path such as /api/reports, or a prefix such as /api/*',
    )
    .min(1, 'must not be empty')
    .refine(
      (match) => !match.split('/').some((segment) => segment === '.' || segment === '..'),
      'must not have dot segments',
    ),
  methods: z.array(z.enum(METHODS)).min(1, 'must name at least one method'),
  service: name.optional(),
  origin: z.string().max(300, 'must be at most 300 characters').optional(),
  allowPrivate: z.boolean().optional(),
  forwardHeaders: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header in lower case')
        .refine((header) => !RESERVED_HEADERS.test(header), 'is a header that no route may pass on'),
    )
    .optional(),
  forwardCookies: z
    .array(
      z
        .string()
        .regex(/^[a-zA-Z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a cookie')
        .refine((cookie) => !/^(__Host-)?sealgate(-|$)/.test(cookie), 'is a cookie of the gateway itself'),
    )
    .optional(),
  timeoutMs: z.int().min(1).max(600_000).optional(),
  overrides: z.boolean().optional(),
}

const withToken = {
  ...common,
  audience: name,
  require: rights.optional(),
  grant: rights.optional(),
  identityHeaders: z.boolean().optional(),
}

export const routes = z.array(
  z
    .discriminatedUnion(
      'auth',
      [
        z.strictObject({ ...common, auth: z.literal('none') }),
        z.strictObject({
          ...withToken,
          auth: z.literal('required').optional(),
          login: z.literal('redirect', 'must be redirect, or left out').optional(),
        }),
        z.strictObject({ ...withToken, auth: z.literal('anonymous'), anonymousGrant: rights }),
      ],
      'must be required (the default), anonymous or none',
    )
    .superRefine(({ service, origin, allowPrivate }, context) => {
      const say = (message: string): void => context.addIssue({ code: 'custom', message })
      if (service === undefined && origin === undefined) say('needs a service, or an origin')
      if (service !== undefined && origin !== undefined) say('has a service and an origin: keep one')
      if (allowPrivate !== undefined && origin === undefined) say('has allowPrivate, which is for an origin')
    }),
)
