import type Provider from 'oidc-provider'
import { errors, type Context, type InteractionDetails } from 'oidc-provider'

import type { TenantContext } from './context.ts'
import { blockedUser, tooManyAttempts, wrongPassword } from './errors.ts'
import { socketAddress } from './forwarded-for.ts'
import { loginForm } from './login-page.ts'
import { showError, showPage } from './page.ts'
import { attempt } from './password.ts'
import { readText } from './body.ts'

const LOGIN_PATH = '/u/login/'
const MAX_FORM_BYTES = 16 * 1024
/** The page says the same as the password realm; only for a wrong password its status is a form's. */
const PROBLEMS = { wrong: { ...wrongPassword, status: 400 }, locked: tooManyAttempts } as const

export const loginUrl = (uid: string): string => `${LOGIN_PATH}${uid}`

/** Koa middleware: the page on which users log in, between `/authorize` and the callback. */
export function loginRoute(provider: Provider, tenant: TenantContext) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    if (!ctx.path.startsWith(LOGIN_PATH)) return next()
    const details = await findInteraction(provider, ctx)
    if (details === undefined) {
      showError(ctx, 400, 'This login has expired. Start again at the application.')
      return
    }
    if (ctx.method === 'POST') return tryLogin(provider, tenant, ctx, details)
    showForm(tenant, ctx, details, 200, hintOf(details))
  }
}

/** The login that the browser's cookie names; it must be the one that the address names. */
async function findInteraction(provider: Provider, ctx: Context): Promise<InteractionDetails | undefined> {
  try {
    const details = await provider.interactionDetails(ctx.req, ctx.res)
    return loginUrl(details.uid) === ctx.path ? details : undefined
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

async function tryLogin(
  provider: Provider,
  tenant: TenantContext,
  ctx: Context,
  details: InteractionDetails,
): Promise<void> {
  const text = await readText(ctx.req, MAX_FORM_BYTES)
  if (text === undefined) {
    showError(ctx, 413, 'The form is too large.')
    return
  }
  const form = new URLSearchParams(text)
  const email = form.get('username') ?? ''
  const now = Math.floor(Date.now() / 1000)
  const ip = socketAddress(ctx)
  const login = attempt(tenant, email, form.get('password') ?? '', ip, now)
  if (login.outcome === 'wrong' || login.outcome === 'locked') {
    const { status, body } = PROBLEMS[login.outcome]
    showForm(tenant, ctx, details, status, email, body.error_description)
    return
  }
  // A blocked user goes back to the application with the error, as at Auth0.
  const result = login.outcome === 'ok' ? { login: { accountId: login.user.sub } } : { ...blockedUser.body }
  const back = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false })
  ctx.status = 303
  ctx.redirect(back)
}

function showForm(
  tenant: TenantContext,
  ctx: Context,
  details: InteractionDetails,
  status: number,
  email: string,
  problem?: string,
): void {
  const form = loginForm({
    email,
    demoUsers: tenant.showUsers ? tenant.users : [],
    ...(problem === undefined ? {} : { problem }),
  })
  showPage(ctx, status, 'Log in', form, callbackOrigin(details))
}

/** Browsers hold the redirects that follow a form to its page's `form-action`; the callback is among them. */
function callbackOrigin({ params }: InteractionDetails): string[] {
  const origin =
    typeof params['redirect_uri'] === 'string' ? URL.parse(params['redirect_uri'])?.origin : undefined
  return origin === undefined ? [] : [origin]
}

const hintOf = ({ params }: InteractionDetails): string =>
  typeof params['login_hint'] === 'string' ? params['login_hint'] : ''
