import * as z from 'zod/mini'
import {
  errorAnswer,
  exchangeAnswer,
  exchangeForm,
  logoutForm,
  operatorRequest,
  passwordBody,
  revocationForm,
} from '../src/routes/schemas.ts'

/** What the document says of a schema: its name there, what it is, and what its members are. */
function describe(
  schema: z.core.$ZodType,
  meta: z.core.GlobalMeta,
  members: Readonly<Record<string, string>> = {},
): void {
  z.globalRegistry.add(schema, meta)
  for (const [name, description] of Object.entries(members)) {
    const shape = schema instanceof z.ZodMiniObject ? schema.shape : {}
    const member = shape[name]
    if (!member) throw new Error(`${meta.id} has no member ${name}`)
    z.globalRegistry.add(member, { description })
  }
}

const ASSERTION = { client_assertion: 'A JWT that the client signed, for one use' }

describe(
  exchangeForm,
  { id: 'TokenExchangeRequest', description: 'RFC 8693 §2.1' },
  {
    audience: 'One audience that the gateway knows. Required unless a resource names it',
    resource: 'RFC 8707 §2: a URI that an audience lists; several must name one audience',
    subject_token: 'An Auth0 access token',
    scope: 'Permissions separated by spaces; all must be held. Required for a txn_token',
    actor_token: 'Who acts for the subject',
    request_context: 'A JSON object, for a txn_token: its rctx',
    request_details: 'A JSON object, for a txn_token: its tctx',
    ...ASSERTION,
  },
)
describe(
  exchangeAnswer,
  { id: 'TokenExchangeAnswer', description: 'RFC 8693 §2.2.1' },
  { expires_in: 'Seconds', scope: 'Absent when the token carries no permission' },
)
describe(
  revocationForm,
  { id: 'RevocationRequest', description: 'RFC 7009 §2.1' },
  { token: 'An internal token', ...ASSERTION },
)
describe(
  logoutForm,
  { id: 'BackchannelLogoutRequest', description: 'OpenID Connect Back-Channel Logout 1.0 §2.5' },
  { logout_token: 'A JWT that the provider signed, for one use' },
)
describe(passwordBody, {
  id: 'PasswordRequest',
  description: 'Legacy: RFC 9700 §2.4 says not to use this grant',
})
describe(operatorRequest, { id: 'OperatorRequest', description: 'What the command sealgate sends' })
describe(errorAnswer, { id: 'Error' }, { source: 'Who rejected' })

/** A body of JSON. */
export const json = (schema: z.core.$ZodType) => ({ content: { 'application/json': { schema } } })

/** A response that says what went wrong. */
export const failure = (description: string) => ({ description, ...json(errorAnswer) })
