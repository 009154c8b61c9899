import { ConfigError } from '@sealgate/kit'
import * as z from 'zod/mini'
import type { Branding } from './branding-definition.ts'

import { check, EMPTY, path, short } from './value-types.ts'

/** The most characters of more CSS, and of a logo that stands in the page itself: an error is no place to wait. */
const MAX_CSS = 8192
const MAX_LOGO = 32_768

const isPath = (text: string): boolean => path.safeParse(text).success

const logo = short(MAX_LOGO).check(
  z.refine(
    (text) => isPath(text) || /^data:image\/(svg\+xml|png|webp|jpeg|gif)[;,][\x21-\x7e]*$/.test(text),
    'must be a path of this site such as /logo.svg, or an image as a data: URI',
  ),
)

const branding = z.strictObject({
  name: z.optional(short(80).check(z.minLength(1, EMPTY))),
  logo: z.optional(logo),
  logoDark: z.optional(logo),
  color: z.optional(z.string().check(z.regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1d4ed8'))),
  css: z.optional(
    z.pipe(
      short(MAX_CSS).check(z.refine((text) => !/[<\0]/.test(text), 'must not hold "<" or a NUL')),
      // As a browser reads it: the page names its style sheet by a hash.
      z.transform((text) => text.replaceAll(/\r\n?/g, '\n')),
    ),
  ),
  supportUrl: z.optional(
    short(512).check(
      z.refine(
        (text) => isPath(text) || (URL.canParse(text) && /^(https|mailto):/.test(new URL(text).protocol)),
        'must be an https: or mailto: address, or a path of this site',
      ),
    ),
  ),
})

/**
 * @param siteName `SITE_NAME`, which replaces the name of the definition: an environment may have a name of its own
 * @throws ConfigError naming the member and what to do
 */
export function readBranding(given: unknown, siteName: string | undefined): Branding {
  const parsed = check(branding, given ?? {})
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: at, message }) => `${['branding', ...at].join('.')} ${message}`,
    )
    throw new ConfigError(`${problems.join('; ')} (in gateway.config.ts)`)
  }
  return { ...parsed.data, ...(siteName !== undefined && { name: siteName }) }
}
