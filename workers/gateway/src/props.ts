import * as z from 'zod'
import { GatewayError } from './errors.ts'

const PROPS = z.object({ service: z.string().min(1) })

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
