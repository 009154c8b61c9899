import { ConfigError } from '@sealgate/kit'
import { isNearMiss } from '@sealgate/kit/gateway'
import * as z from 'zod/mini'
import { check, path } from '../config/value-types.ts'

const MIN_SECRET = 32

const text = z.optional(z.string('must be text'))
const secret = z
  .string('must be text, or a list of it')
  .check(z.minLength(MIN_SECRET, `must have at least ${MIN_SECRET} characters: openssl rand -base64 32`))
const flag = z.optional(z.boolean('must be true or false'))
const ownPath = z.optional(path)

const OPTIONS = z.strictObject(
  {
    domain: text,
    clientID: text,
    clientSecret: text,
    baseURL: text,
    session: z.optional(
      z.strictObject({
        secret: z.optional(z.union([secret, z.array(secret).check(z.minLength(1, 'must not be empty'))])),
        cookie: z.optional(z.strictObject({ name: text })),
      }),
    ),
    authRequired: flag,
    errorOnRequiredAuth: flag,
    routes: z.optional(z.strictObject({ login: ownPath, callback: ownPath, logout: ownPath })),
    authorizationParams: z.optional(
      z.catchall(
        z.object({
          scope: text,
          audience: text,
          response_type: z.optional(z.literal('code', 'must be code')),
          response_mode: z.optional(z.literal('query', 'must be query')),
        }),
        z.string('must be text'),
      ),
    ),
    idpLogout: z.optional(
      z.literal(true, 'must be true, or absent: a logout ends the session with Auth0 too'),
    ),
  },
  'must be an object of options',
)

/** What `auth()` accepts. Whatever is absent or `undefined` comes from the environment. */
export interface AuthOptions {
  /** The tenant, `tenant.us.auth0.com`, or a custom domain. Default: `AUTH0_DOMAIN`. */
  readonly domain?: string | undefined
  /** Default: `AUTH0_CLIENT_ID`. */
  readonly clientID?: string | undefined
  /** Default: `AUTH0_CLIENT_SECRET`. */
  readonly clientSecret?: string | undefined
  /** The public origin of this app: https, or http on loopback. Default: `BASE_URL`. */
  readonly baseURL?: string | undefined
  readonly session?: SessionOptions | undefined
  /** Whether every request needs a session. Default: true. */
  readonly authRequired?: boolean | undefined
  /** Responds 401 to browsers too, in place of leading them to log in. Default: false. */
  readonly errorOnRequiredAuth?: boolean | undefined
  readonly routes?: RouteOptions | undefined
  /**
   * More of a login at Auth0. Default: `AUTH0_SCOPE`, `AUTH0_AUDIENCE` and `AUTH0_LOGIN_PARAMETERS`; without an audience
   * access tokens are for `/userinfo` alone.
   */
  readonly authorizationParams?: AuthorizationParams | undefined
  /** A logout ends the session with Auth0 too, always: `true` says what is so. */
  readonly idpLogout?: true | undefined
}

interface SessionOptions {
  /**
   * At least 32 random characters; of a list the first encrypts, all decrypt. Default: `AUTH0_SESSION_ENCRYPTION_KEY`.
   */
  readonly secret?: string | readonly string[] | undefined
  readonly cookie?: {
    /** Without the prefix `__Host-`, which it gets over https. Default: `sealgate-session`. */
    readonly name?: string | undefined
  }
}

interface RouteOptions {
  /** Default: `/login`. */
  readonly login?: string | undefined
  /** Where Auth0 sends browsers back to; it must know this address. Default: `/callback`. */
  readonly callback?: string | undefined
  /** Default: `/logout`. */
  readonly logout?: string | undefined
}

interface AuthorizationParams {
  readonly scope?: string | undefined
  readonly audience?: string | undefined
  readonly response_type?: 'code' | undefined
  readonly response_mode?: 'query' | undefined
  readonly [parameter: string]: string | undefined
}

/** @throws ConfigError naming the option */
export function checkOptions(options: AuthOptions): void {
  const parsed = check(OPTIONS, options)
  if (parsed.success) return
  throw new ConfigError(parsed.error.issues.map((issue) => `auth(): ${problemOf(issue)}`).join('; '))
}

function problemOf(issue: z.core.$ZodIssue): string {
  const { path: at, message } = issue
  if (issue.code !== 'unrecognized_keys') return [at.join('.'), message].join(' ').trim()
  return issue.keys
    .map((key) => {
      const meant = NAMES.find((name) => isNearMiss(key, name))
      return `${[...at, key].join('.')} is no option here${meant === undefined ? '' : `: did you mean ${meant}?`}`
    })
    .join('; ')
}

const NAMES: readonly string[] = Object.keys(OPTIONS.shape)
