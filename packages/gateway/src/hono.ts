/**
 * Logins with Auth0 in a Hono app of your own, without a gateway in front of it: `app.use(auth())`. Options and what it puts
 * on the context are those that apps know from `@auth0/auth0-hono`. Importing it tells TypeScript what `c.var.auth0Client` is.
 *
 * @module @sealgate/gateway/hono
 */
export { auth, requiresAuth } from './hono/auth.ts'
export type { AccessToken, Auth0Client, OIDCEnv, OIDCVariables, Session, User } from './hono/app-session.ts'
export type { AuthOptions } from './hono/options.ts'
