import type { Context, ErrorOut, OidcContext } from 'oidc-provider'

import { scopesOf } from './context.ts'
import { answer, translate } from './errors.ts'

/** Details of the token endpoint's errors, which oidc-provider tells in an event and not in its response. */
export class ErrorDetails {
  readonly #details = new WeakMap<Context, string>()

  note(ctx: Context, detail: string | undefined): void {
    this.#details.set(ctx, detail ?? '')
  }

  of(ctx: Context): string {
    return this.#details.get(ctx) ?? ''
  }
}

/** Koa middleware: errors of the token endpoint in Auth0's words and with its status. */
export function auth0Errors(details: ErrorDetails) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    await next()
    if (ctx.path !== '/oauth/token' || ctx.status < 400 || !isErrorOut(ctx.body)) return
    const error = translate(ctx.body, grantTypeOf(ctx), details.of(ctx))
    if (error !== undefined) answer(ctx, error)
  }
}

/** Koa middleware: at Auth0 `offline_access` is enough; oidc-provider also wants `prompt=consent` (OIDC Core §11). */
export async function askForRefreshToken(ctx: Context, next: () => Promise<void>): Promise<void> {
  const { scope, prompt = '' } = ctx.query
  const offline = typeof scope === 'string' && scopesOf(scope).includes('offline_access')
  if (ctx.path === '/authorize' && offline && typeof prompt === 'string' && prompt !== 'none') {
    ctx.query = { ...ctx.query, prompt: [...new Set([...scopesOf(prompt), 'consent'])].join(' ') }
  }
  return next()
}

/** Koa middleware: the JWKS as Auth0 serves it. */
export async function jwksHeaders(ctx: Context, next: () => Promise<void>): Promise<void> {
  await next()
  if (ctx.path !== '/.well-known/jwks.json' || ctx.status !== 200) return
  ctx.type = 'application/json'
  ctx.set('Cache-Control', 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400')
}

function isErrorOut(body: unknown): body is ErrorOut {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string'
}

/** The library's own context is there once its route has run; before that there is no grant type to know. */
function grantTypeOf(ctx: Context): string {
  return isOidcContext(ctx) ? (ctx.oidc.params['grant_type'] ?? '') : ''
}

function isOidcContext(ctx: Context): ctx is OidcContext {
  return 'oidc' in ctx && typeof ctx.oidc === 'object' && ctx.oidc !== null && 'params' in ctx.oidc
}
