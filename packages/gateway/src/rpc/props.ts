import * as z from 'zod/mini'
import { GatewayError } from '../errors.ts'

const PROPS = z.object({
  service: z.string().check(z.minLength(1)),
  admin: z.optional(z.literal(true)),
})

/**
 * Who calls an entrypoint, from the props of the caller's own binding: the Cloudflare account is the trust boundary.
 *
 * @throws GatewayError `unauthorized_client` when the binding names no service
 */
export function serviceOf(props: unknown): string {
  const parsed = PROPS.safeParse(props)
  if (parsed.success) return parsed.data.service
  throw new GatewayError('unauthorized_client', {
    detail: 'the binding has no props.service: set "props": { "service": "<its audience>" }',
  })
}

/** @throws GatewayError `unauthorized_client` unless the binding says `"admin": true` */
export function requireAdmin(props: unknown): string {
  const parsed = PROPS.safeParse(props)
  if (parsed.success && parsed.data.admin) return parsed.data.service
  throw new GatewayError('unauthorized_client', {
    detail: 'the binding is not for an administrator: set "props": { "service": "<name>", "admin": true }',
  })
}
