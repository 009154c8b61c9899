import { namesOf, parseJson } from '@sealgate/kit/gateway'
import * as z from 'zod'

/** The types of single variables: text from `wrangler.jsonc`, `.dev.vars` or a secret, or already their JSON type. */

const NAMES = 'must be names: with commas between them, or a JSON array'

/** Names separated by commas, or a JSON array of them, or its text. */
export const list = z.preprocess(
  (value) => {
    if (typeof value !== 'string') return value
    return value.trimStart().startsWith('[') ? parseJson(value) : namesOf(value)
  },
  z.array(z.string(NAMES).min(1, NAMES), NAMES),
)

export const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  'must be true or false',
)

const WHOLE_SECONDS = 'must be a whole number of seconds'

export const seconds = z.union(
  [
    z.int().positive(WHOLE_SECONDS),
    z
      .string()
      .regex(/^[1-9]\d{0,8}$/)
      .transform(Number),
  ],
  WHOLE_SECONDS,
)

/** Seconds, or 0 for none at all. */
export const secondsOrNone = z.union([z.literal([0, '0']).transform(() => 0), seconds], WHOLE_SECONDS)

/** A path of the gateway's own, as it stands in a request. */
export const path = z
  .string()
  .max(128, 'must be at most 128 characters')
  .regex(
    /^(\/[A-Za-z0-9\-._~]+)+$/,
    'must be a path alone, without host, query or closing slash: /auth/callback',
  )
  .refine((one) => !one.split('/').some((segment) => /^\.{1,2}$/.test(segment)), 'must not have dot segments')

/** A JSON value, or its text. */
export function json<Schema extends z.ZodType>(schema: Schema): z.ZodPreprocess<Schema> {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value
    const parsed = parseJson(value)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }, schema)
}
