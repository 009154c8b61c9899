import type Provider from 'oidc-provider'
import type { Context, SessionModel } from 'oidc-provider'

import { logoutUrls, type TenantClient } from './clients.ts'
import type { TenantContext } from './context.ts'
import { showError } from './page.ts'
import { verifyOwn } from './published-keys.ts'
import { readText } from './body.ts'

const MAX_FORM_BYTES = 16 * 1024

/** A logout request that may go ahead: who asks, and where the browser goes then. */
interface Logout {
  readonly client?: TenantClient | undefined
  readonly returnTo?: string | undefined
  readonly state?: string | undefined
}

/** Why a logout is rejected; shown to the user. */
class Rejection extends Error {}

type Read = (tenant: TenantContext, params: URLSearchParams) => Promise<Logout>

/** Auth0's two logout endpoints: its own, and OpenID Connect RP-Initiated Logout 1.0 §2. */
const ENDPOINTS: Readonly<Record<string, Read>> = {
  '/v2/logout': (tenant, params) =>
    Promise.resolve({
      client: namedClient(tenant, params.get('client_id')),
      returnTo: params.get('returnTo') ?? undefined,
    }),
  '/oidc/logout': async (tenant, params) => {
    const hinted = await hintAudience(tenant, params.get('id_token_hint'))
    const named = params.get('client_id')
    if (hinted !== null && named !== null && named !== hinted) {
      throw new Rejection('The client_id is not the one of the id_token_hint.')
    }
    return {
      client: namedClient(tenant, hinted ?? named),
      returnTo: params.get('post_logout_redirect_uri') ?? undefined,
      state: params.get('state') ?? undefined,
    }
  },
}

/**
 * Koa middleware: ends the browser's session with the tenant, and tells the clients that it was used for (OpenID Connect
 * Back-Channel Logout 1.0). Refresh tokens live on, as at Auth0.
 */
export function logoutRoute(provider: Provider, tenant: TenantContext) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    const read = ENDPOINTS[ctx.path]
    if (read === undefined || !['GET', 'POST'].includes(ctx.method)) return next()
    try {
      const target = targetOf(tenant, await read(tenant, await parameters(ctx)))
      await endSession(provider, ctx)
      if (target === undefined) ctx.body = 'OK'
      else ctx.redirect(target)
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      showError(ctx, 400, error.message)
    }
  }
}

/** Without an address to return to, a named client's first logout URL is taken. */
function targetOf(tenant: TenantContext, { client, returnTo, state }: Logout): string | undefined {
  const allowed = client === undefined ? tenant.clients.flatMap(logoutUrls) : logoutUrls(client)
  if (returnTo !== undefined && !allowed.includes(withoutQuery(returnTo))) {
    throw new Rejection('The address to return to is not among the Allowed Logout URLs.')
  }
  const target = returnTo ?? (client === undefined ? undefined : allowed[0])
  return target === undefined || state === undefined ? target : withState(target, state)
}

async function parameters(ctx: Context): Promise<URLSearchParams> {
  const query = new URLSearchParams(ctx.req.url?.split('?')[1] ?? '')
  if (ctx.method === 'GET') return query
  const text = await readText(ctx.req, MAX_FORM_BYTES)
  if (text === undefined) throw new Rejection('The form is too large.')
  return new URLSearchParams(text)
}

function namedClient(tenant: TenantContext, clientId: string | null): TenantClient | undefined {
  if (clientId === null) return undefined
  const client = tenant.clients.find((candidate) => candidate.clientId === clientId)
  if (client === undefined) throw new Rejection('The client is unknown.')
  return client
}

/** The client that a hint was issued to. A hint may have expired, so it is judged as of the beginning of time. */
async function hintAudience(tenant: TenantContext, hint: string | null): Promise<string | null> {
  if (hint === null) return null
  const payload = await verifyOwn(tenant, hint, { currentDate: new Date(0) }).catch(() => undefined)
  if (typeof payload?.aud !== 'string') throw new Rejection('The id_token_hint is not valid.')
  return payload.aud
}

async function endSession(provider: Provider, ctx: Context): Promise<void> {
  const session = await provider.Session.get(ctx)
  if (session.accountId !== undefined) {
    await session.destroy()
    await tellClients(provider, session.accountId, session)
  }
  ctx.cookies.set(provider.cookieName('session'), null, { httpOnly: true, sameSite: 'lax', signed: true })
}

/**
 * The `fetch` with which oidc-provider posts a logout token. Its own guard rejects addresses of this machine, where the
 * gateway is.
 */
export const postLogout: typeof fetch = (input, { method, headers, body, redirect, signal } = {}) =>
  fetch(input, {
    method: method ?? 'POST',
    ...(headers && { headers }),
    ...(body && { body }),
    ...(redirect && { redirect }),
    ...(signal && { signal }),
  })

/** A client that cannot be reached is told once, as at Auth0. */
async function tellClients(
  provider: Provider,
  sub: string,
  { authorizations = {} }: SessionModel,
): Promise<void> {
  const told = Object.entries(authorizations).map(async ([clientId, { sid }]) => {
    const client = await provider.Client.find(clientId)
    if (client?.backchannelLogoutUri !== undefined) await client.backchannelLogout(sub, sid)
  })
  await Promise.allSettled(told)
}

/** Auth0 compares without query and fragment. */
const withoutQuery = (url: string): string => url.split(/[?#]/, 1)[0] ?? ''

function withState(target: string, state: string): string {
  const url = new URL(target)
  url.searchParams.set('state', state)
  return url.href
}
