import { ConfigError } from '@sealgate/kit'
import * as z from 'zod'
import type { Branding } from './branding-definition.ts'

import { path } from './value-types.ts'

/** The most characters of more CSS, and of a logo that stands in the page itself: an error is no place to wait. */
const MAX_CSS = 8192
const MAX_LOGO = 32_768

const isPath = (text: string): boolean => path.safeParse(text).success

const logo = z
  .string()
  .max(MAX_LOGO, `must be at most ${MAX_LOGO} characters`)
  .refine(
    (text) => isPath(text) || /^data:image\/(svg\+xml|png|webp|jpeg|gif)[;,][\x21-\x7e]*$/.test(text),
    'must be a path of this site such as /logo.svg, or an image as a data: URI',
  )

const branding = z.strictObject({
  name: z.string().min(1, 'must not be empty').max(80, 'must be at most 80 characters').optional(),
  logo: logo.optional(),
  logoDark: logo.optional(),
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1d4ed8')
    .optional(),
  css: z
    .string()
    .max(MAX_CSS, `must be at most ${MAX_CSS} characters`)
    .refine((text) => !/[<\0]/.test(text), 'must not hold "<" or a NUL')
    // As a browser reads it: the page names its style sheet by a hash.
    .transform((text) => text.replaceAll(/\r\n?/g, '\n'))
    .optional(),
  supportUrl: z
    .string()
    .max(512, 'must be at most 512 characters')
    .refine(
      (text) => isPath(text) || (URL.canParse(text) && /^(https|mailto):/.test(new URL(text).protocol)),
      'must be an https: or mailto: address, or a path of this site',
    )
    .optional(),
})

/**
 * @param siteName `SITE_NAME`, which replaces the name of the definition: an environment may have a name of its own
 * @throws ConfigError naming the member and what to do
 */
export function readBranding(given: unknown, siteName: string | undefined): Branding {
  const parsed = branding.safeParse(given ?? {})
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: at, message }) => `${['branding', ...at].join('.')} ${message}`,
    )
    throw new ConfigError(`${problems.join('; ')} (in gateway.config.ts)`)
  }
  return { ...parsed.data, ...(siteName !== undefined && { name: siteName }) }
}
