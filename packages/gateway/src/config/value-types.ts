import { namesOf, parseJson } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { en } from 'zod/locales'

/** The types of single variables: text from `wrangler.jsonc`, `.dev.vars` or a secret, or already their JSON type. */

/** What is wrong where a schema has no words of its own: `zod/mini` has none. */
const WORDS = { error: en().localeError }

/** Parses what a person wrote; the messages are for that person. */
export function check<Schema extends z.core.$ZodType>(
  schema: Schema,
  value: unknown,
): z.core.util.SafeParseResult<z.output<Schema>> {
  return z.safeParse(schema, value, WORDS)
}

export const EMPTY = 'must not be empty'

/** A text with something in it. */
export const filled = (message?: string): z.ZodMiniString => z.string(message).check(z.minLength(1, message))

/** A text of at most so many characters. */
export const short = (most: number): z.ZodMiniString =>
  z.string().check(z.maxLength(most, `must be at most ${most} characters`))

const NAMES = 'must be names: with commas between them, or a JSON array'

/** Names separated by commas, or a JSON array of them, or its text. */
export const list = z.pipe(
  z.transform((value: unknown) => {
    if (typeof value !== 'string') return value
    return value.trimStart().startsWith('[') ? parseJson(value) : namesOf(value)
  }),
  z.array(filled(NAMES), NAMES),
)

export const flag = z.union(
  [
    z.boolean(),
    z.pipe(
      z.enum(['true', 'false']),
      z.transform((text) => text === 'true'),
    ),
  ],
  'must be true or false',
)

const WHOLE_SECONDS = 'must be a whole number of seconds'

export const seconds = z.union(
  [
    z.int().check(z.positive(WHOLE_SECONDS)),
    z.pipe(z.string().check(z.regex(/^[1-9]\d{0,8}$/)), z.transform(Number)),
  ],
  WHOLE_SECONDS,
)

/** Seconds, or 0 for none at all. */
export const secondsOrNone = z.union(
  [
    z.pipe(
      z.literal([0, '0']),
      z.transform(() => 0),
    ),
    seconds,
  ],
  WHOLE_SECONDS,
)

/** A path of the gateway's own, as it stands in a request. */
export const path = short(128).check(
  z.regex(
    /^(\/[A-Za-z0-9\-._~]+)+$/,
    'must be a path alone, without host, query or closing slash: /auth/callback',
  ),
  z.refine(
    (one) => !one.split('/').some((segment) => /^\.{1,2}$/.test(segment)),
    'must not have dot segments',
  ),
)

/** A JSON value, or its text. */
export function json<Schema extends z.core.$ZodType>(
  schema: Schema,
): z.ZodMiniPipe<z.ZodMiniTransform, Schema> {
  return z.pipe(
    z.transform((value: unknown, context) => {
      if (typeof value !== 'string') return value
      const parsed = parseJson(value)
      if (parsed !== undefined) return parsed
      context.issues.push({ code: 'custom', input: value, message: 'is not JSON' })
      return z.NEVER
    }),
    schema,
  )
}
