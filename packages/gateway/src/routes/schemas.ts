import * as z from 'zod'
import { GatewayError } from '../errors.ts'
import { ASSERTION_TYPE } from '../http/client-assertion.ts'
import type { Form } from '../http/form.ts'

/** What the OAuth endpoints take. The OpenAPI document is made from these very schemas. */

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'
export const TXN_TOKEN = 'urn:ietf:params:oauth:token-type:txn_token'

const tokenType = z.enum([ACCESS_TOKEN, JWT])

/** Parameters of a client that does not authenticate by HTTP Basic (RFC 6749 §2.3.1, RFC 7523 §2.2). */
const clientAuthentication = {
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  client_assertion: z.string().optional().meta({ description: 'A JWT that the client signed, for one use' }),
  client_assertion_type: z.literal(ASSERTION_TYPE).optional(),
}

/** RFC 8693 §2.1. */
export const exchangeForm = z
  .object({
    grant_type: z.literal(TOKEN_EXCHANGE),
    audience: z
      .string()
      .optional()
      .meta({ description: 'One audience that the gateway knows. Required unless a resource names it' }),
    resource: z
      .array(z.string())
      .optional()
      .meta({ description: 'RFC 8707 §2: a URI that an audience lists; several must name one audience' }),
    requested_token_type: z.enum([ACCESS_TOKEN, JWT, TXN_TOKEN]).default(ACCESS_TOKEN),
    subject_token: z.string().meta({ description: 'An Auth0 access token' }),
    subject_token_type: tokenType,
    scope: z
      .string()
      .optional()
      .meta({ description: 'Permissions separated by spaces; all must be held. Required for a txn_token' }),
    actor_token: z.string().optional().meta({ description: 'Who acts for the subject' }),
    actor_token_type: tokenType.optional(),
    request_context: z.string().optional().meta({ description: 'A JSON object, for a txn_token: its rctx' }),
    request_details: z.string().optional().meta({ description: 'A JSON object, for a txn_token: its tctx' }),
    ...clientAuthentication,
  })
  .meta({ id: 'TokenExchangeRequest', description: 'RFC 8693 §2.1' })

/** RFC 8693 §2.2.1. */
export const exchangeAnswer = z
  .object({
    access_token: z.string(),
    issued_token_type: z.enum([ACCESS_TOKEN, JWT, TXN_TOKEN]),
    token_type: z.enum(['Bearer', 'N_A']),
    expires_in: z.int().meta({ description: 'Seconds' }),
    scope: z.string().optional().meta({ description: 'Absent when the token carries no permission' }),
  })
  .meta({ id: 'TokenExchangeAnswer', description: 'RFC 8693 §2.2.1' })

/** RFC 7009 §2.1. */
export const revocationForm = z
  .object({
    token: z.string().meta({ description: 'An internal token' }),
    token_type_hint: z.string().optional(),
    ...clientAuthentication,
  })
  .meta({ id: 'RevocationRequest', description: 'RFC 7009 §2.1' })

/** The longest user name, in characters: an e-mail address (RFC 5321 §4.5.3.1). Bringing one into one form is not linear. */
export const MAX_USERNAME = 320

/** The password-realm grant in the form that back offices send. */
export const passwordBody = z
  .object({ username: z.string().min(1).max(MAX_USERNAME), password: z.string().min(1) })
  .meta({ id: 'PasswordRequest', description: 'Legacy: RFC 9700 §2.4 says not to use this grant' })

const text = z.string().min(1)

/** A version has a slot or two. */
const MAX_THUMBPRINTS = 16

/** What an operator requests. A revocation names one thing; a session by its cookie. */
export const operatorRequest = z
  .union([
    z.strictObject({ operation: z.enum(['health', 'probe']) }),
    z.strictObject({ operation: z.literal('revoke'), jti: text }),
    z.strictObject({ operation: z.literal('revoke'), sub: text }),
    z.strictObject({ operation: z.literal('revoke'), thumbprint: text }),
    z.strictObject({ operation: z.literal('denied'), thumbprints: z.array(text).max(MAX_THUMBPRINTS) }),
    z.strictObject({ operation: z.literal('revoke'), session: text }),
    z.strictObject({ operation: z.literal('whois'), token: text }),
  ])
  .meta({ id: 'OperatorRequest', description: 'What the command sealgate sends' })

export const errorAnswer = z
  .object({
    error: z.string(),
    error_description: z.string(),
    source: z.enum(['auth0', 'gateway']).meta({ description: 'Who rejected' }),
    request_id: z.string(),
  })
  .meta({ id: 'Error' })

/** @throws GatewayError `invalid_request`, naming the first parameter that is missing or has another value */
export function checkForm<Schema extends z.ZodType>(
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
