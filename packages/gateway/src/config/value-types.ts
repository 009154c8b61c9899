import * as z from 'zod'

/** The types of single variables: text from `wrangler.jsonc`, `.dev.vars` or a secret, or already their JSON type. */

/** Names separated by commas. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
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

/** A JSON value, or its text. */
export function json<Schema extends z.ZodType>(schema: Schema): z.ZodPreprocess<Schema> {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value
    try {
      const parsed: unknown = JSON.parse(value)
      return parsed
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' })
      return z.NEVER
    }
  }, schema)
}
