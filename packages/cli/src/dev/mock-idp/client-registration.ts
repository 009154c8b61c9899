import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'

import { isLoopback } from '@sealgate/kit/gateway'
import type { Context } from 'oidc-provider'

import { parseObject, readText } from './body.ts'
import { answer, say, type Answer } from './errors.ts'
import { withBody } from './token-body.ts'

export const REGISTRATION_PATH = '/oidc/register'
const MAX_METADATA_BYTES = 16 * 1024

/**
 * Koa middleware: dynamic registration (RFC 7591 §3) is open, and so only for clients of this machine: whoever gets a code
 * at a redirect URI must be a program here. A page of this machine may call it.
 */
export async function registrationRules(ctx: Context, next: () => Promise<void>): Promise<void> {
  if (ctx.path !== REGISTRATION_PATH) return next()
  const origin = ctx.get('origin')
  if (isLoopbackUrl(origin)) {
    ctx.set('Access-Control-Allow-Origin', origin)
    ctx.set('Access-Control-Allow-Headers', 'content-type, mcp-protocol-version')
    ctx.set('Vary', 'Origin')
  }
  if (ctx.method === 'OPTIONS') {
    ctx.status = 204
    return
  }
  if (ctx.method !== 'POST') return next()
  const metadata = parseObject((await readText(ctx.req, MAX_METADATA_BYTES)) ?? '')
  if (metadata === undefined || !hasLoopbackRedirects(metadata)) {
    answer(ctx, metadata === undefined ? malformed : foreignRedirect)
    return
  }
  ctx.req = ctx.request.req = withBody(ctx.req, 'application/json', JSON.stringify(known(metadata)))
  return next()
}

/**
 * The `fetch` with which oidc-provider gets client ID metadata documents. It follows no redirect and bounds time and size.
 * Its own guard rejects addresses of this machine, which here are the usual ones: those are fetched with any certificate,
 * because on loopback it proves nothing. The document itself may be anywhere; its redirect URIs may not: no page of
 * another machine gets a code.
 */
export function clientDocuments(): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const response = isLoopback(url.hostname) ? await fetchLoopback(url, init) : await fetch(input, init)
    if (response.status !== 200) return response
    const text = response.body && (await readText(response.body, MAX_METADATA_BYTES))
    const metadata = parseObject(text ?? '')
    return metadata && hasLoopbackRedirects(metadata)
      ? Response.json(known(metadata), { headers: { ...cacheControl(response) } })
      : new Response('')
  }
}

function hasLoopbackRedirects({ redirect_uris: uris }: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(uris) && uris.every(isLoopbackUrl)
}

/**
 * What oidc-provider is told. `scope` would be held to the scopes of OpenID Connect, while these clients name those of a
 * resource. A client whose redirect URIs are all of this machine is a native one, whose port may change (RFC 8252 §7.3).
 */
function known(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { redirect_uris: uris } = metadata
  const isNative = Array.isArray(uris) && uris.every((uri) => isLoopbackUrl(uri) && uri.startsWith('http:'))
  const elsewhere = REQUESTED.filter((name) => !isLoopbackUrl(metadata[name]))
  return {
    ...(isNative && { application_type: 'native' }),
    ...metadata,
    scope: undefined,
    ...Object.fromEntries(elsewhere.map((name) => [name, undefined])),
  }
}

/** Addresses that the provider requests. Whoever registers must not choose one in the network of this machine. */
const REQUESTED = ['backchannel_logout_uri', 'jwks_uri', 'sector_identifier_uri']

function isLoopbackUrl(url: unknown): url is string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  return parsed !== null && /^https?:$/.test(parsed.protocol) && isLoopback(parsed.hostname)
}

function cacheControl(response: Response): Record<string, string> {
  const value = response.headers.get('cache-control')
  return value === null ? {} : { 'cache-control': value }
}

function fetchLoopback(url: URL, { signal }: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json' }
    const options = { headers, rejectUnauthorized: false, ...(signal && { signal }) }
    httpsRequest(url, options, (incoming) => {
      const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>
      const { statusCode: status = 502 } = incoming
      const isBodiless = status < 200 || status === 204 || status === 304
      resolve(new Response(isBodiless ? null : body, { status: Math.max(status, 200) }))
    })
      .on('error', reject)
      .end()
  })
}

// RFC 7591 §3.2.2
const malformed: Answer = say(400, 'invalid_client_metadata', 'The body is not a JSON object')
const foreignRedirect: Answer = say(
  400,
  'invalid_redirect_uri',
  'Only redirect URIs of this machine (localhost, 127.0.0.1, [::1]) can be registered',
)
