import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'
import { ASSERTION_TYPE } from '../http/client-assertion.ts'
import type { Form } from '../http/form.ts'

/** What the OAuth endpoints take. The OpenAPI document is made of these very schemas (openapi/generate.ts). */

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
export const TXN_TOKEN = 'urn:ietf:params:oauth:token-type:txn_token'

const tokenType = z.enum([ACCESS_TOKEN, JWT])

const text = z.optional(z.string())

/** Parameters of a client that does not authenticate by HTTP Basic (RFC 6749 §2.3.1, RFC 7523 §2.2). */
const clientAuthentication = {
  client_id: text,
  client_secret: text,
  client_assertion: z.optional(z.string()),
  client_assertion_type: z.optional(z.literal(ASSERTION_TYPE)),
}

/** RFC 8693 §2.1. */
export const exchangeForm = z.object({
  grant_type: z.literal(TOKEN_EXCHANGE),
  audience: z.optional(z.string()),
  resource: z.optional(z.array(z.string())),
  requested_token_type: z._default(z.enum([ACCESS_TOKEN, JWT, TXN_TOKEN]), ACCESS_TOKEN),
  subject_token: z.string(),
  subject_token_type: tokenType,
  scope: z.optional(z.string()),
  actor_token: z.optional(z.string()),
  actor_token_type: z.optional(tokenType),
  request_context: z.optional(z.string()),
  request_details: z.optional(z.string()),
  ...clientAuthentication,
})

/** RFC 7523 §2.1. */
export const assertionForm = z.object({
  grant_type: z.literal(JWT_BEARER),
  assertion: z.string(),
  scope: z.optional(z.string()),
  resource: z.optional(z.array(z.string())),
  ...clientAuthentication,
})

/** RFC 6749 §5.1. */
export const assertionAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  scope: z.optional(z.string()),
})

/** RFC 8693 §2.2.1. */
export const exchangeAnswer = z.object({
  access_token: z.string(),
  issued_token_type: z.enum([ACCESS_TOKEN, JWT, TXN_TOKEN]),
  token_type: z.enum(['Bearer', 'N_A']),
  expires_in: z.int(),
  scope: z.optional(z.string()),
})

/** RFC 7009 §2.1. */
export const revocationForm = z.object({
  token: z.string(),
  token_type_hint: text,
  ...clientAuthentication,
})

/** OpenID Connect Back-Channel Logout 1.0 §2.5. */
export const logoutForm = z.object({ logout_token: z.string() })

/** The longest user name, in characters: an e-mail address (RFC 5321 §4.5.3.1). Bringing one into one form is not linear. */
export const MAX_USERNAME = 320

/** The password-realm grant in the form that back offices send. */
export const passwordBody = z.object({
  username: z.string().check(z.minLength(1), z.maxLength(MAX_USERNAME)),
  password: z.string().check(z.minLength(1)),
})

const filled = z.string().check(z.minLength(1))

/** A version has a slot or two. */
const MAX_THUMBPRINTS = 16

/** What an operator requests. A revocation names one thing; a session by its cookie. */
export const operatorRequest = z.union([
  z.strictObject({ operation: z.enum(['health', 'probe']) }),
  z.strictObject({ operation: z.literal('revoke'), jti: filled }),
  z.strictObject({ operation: z.literal('revoke'), sub: filled }),
  z.strictObject({ operation: z.literal('revoke'), thumbprint: filled }),
  z.strictObject({
    operation: z.literal('denied'),
    thumbprints: z.array(filled).check(z.maxLength(MAX_THUMBPRINTS)),
  }),
  z.strictObject({ operation: z.literal('revoke'), session: filled }),
  z.strictObject({ operation: z.literal('whois'), token: filled }),
])

export const errorAnswer = z.object({
  error: z.string(),
  error_description: z.string(),
  source: z.enum(['auth0', 'gateway']),
  request_id: z.string(),
})

/** @throws GatewayError `invalid_request`, naming the first parameter that is missing or has another value */
export function checkForm<Schema extends z.ZodMiniType>(
  schema: Schema,
  { parameters, lists }: Form,
): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries<unknown>([...parameters, ...lists]))
  if (parsed.success) return parsed.data
  const name = String(parsed.error.issues[0]?.path[0])
  throw new GatewayError('invalid_request', {
    description: parameters.has(name) ? `The ${name} is not supported` : `The parameter ${name} is missing`,
  })
}
