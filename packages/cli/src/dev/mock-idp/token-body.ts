import { IncomingMessage } from 'node:http'
import type { Context } from 'oidc-provider'

import { parseObject, readText } from './body.ts'
import { answer, bodyTooLarge, malformedJson } from './errors.ts'

const MAX_BODY_BYTES = 56 * 1024
const PATHS = new Set(['/oauth/token', '/oauth/revoke'])

/**
 * Koa middleware: Auth0 reads JSON where OAuth reads forms. The JSON body is rewritten as a form before
 * oidc-provider sees it.
 */
export async function jsonAsForm(ctx: Context, next: () => Promise<void>): Promise<void> {
  const isJson = /^application\/json\b/i.test(ctx.get('content-type'))
  if (ctx.method !== 'POST' || !isJson || !PATHS.has(ctx.path)) return next()
  const text = await readText(ctx.req, MAX_BODY_BYTES)
  if (text === undefined) {
    answer(ctx, bodyTooLarge)
    return
  }
  const members = stringMembers(text)
  if (members === undefined) {
    answer(ctx, malformedJson)
    return
  }
  const form = new URLSearchParams(members).toString()
  ctx.req = ctx.request.req = withBody(ctx.req, 'application/x-www-form-urlencoded', form)
  return next()
}

function stringMembers(text: string): Record<string, string> | undefined {
  const parsed = parseObject(text)
  if (parsed === undefined) return undefined
  const members: Record<string, string> = {}
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== 'string') return undefined
    members[name] = value
  }
  return members
}

/** The same request with another body: a fresh stream, because the first one has been read. */
export function withBody(original: IncomingMessage, contentType: string, body: string): IncomingMessage {
  const request = new IncomingMessage(original.socket)
  request.method = original.method ?? 'POST'
  request.url = original.url ?? '/'
  request.headers = {
    ...original.headers,
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
  }
  request.push(body)
  request.push(null)
  // Otherwise the end of this stream would count as an aborted request and close the connection.
  request.complete = true
  return request
}
