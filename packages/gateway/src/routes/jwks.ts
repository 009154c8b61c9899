import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { encodeUtf8 } from '../observability/utf8.ts'

/** The public keys of every slot (RFC 7517 §5). With HS512 there are none, and saying so helps. */
export async function jwksOf(gateway: Gateway): Promise<{ readonly keys: readonly object[] }> {
  if (gateway.config.mode !== 'EdDSA') throw new GatewayError('no_public_keys')
  const [audience = ''] = gateway.config.audiences.keys()
  return gateway.kitFor(audience).jwks()
}

/** Public keys are for whoever verifies, on pages of other sites too (Fetch §3.7). */
const PUBLIC = { 'Cross-Origin-Resource-Policy': 'cross-origin' }

/** The JWKS over HTTP: fresh for 300 s, and for 900 s more while this gateway is down (RFC 5861 §4); with an ETag. */
export async function jwksResponse(gateway: Gateway, request: Request): Promise<Response> {
  const body = JSON.stringify(await jwksOf(gateway))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', encodeUtf8(body)))
  const etag = `"${Array.from(hash.slice(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}"`
  const headers = {
    ...PUBLIC,
    'Cache-Control': 'public, max-age=300, stale-if-error=900',
    ETag: etag,
  }
  const known = request.headers
    .get('If-None-Match')
    ?.split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
  if (known?.includes(etag) || known?.includes('*')) return new Response(null, { status: 304, headers })
  return new Response(request.method === 'HEAD' ? null : body, {
    headers: { ...headers, 'Content-Type': 'application/jwk-set+json' },
  })
}
