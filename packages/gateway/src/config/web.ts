import { isLoopback } from '@sealgate/kit/gateway'
import { reject, type Variables } from './schema.ts'

/** The gateway's own place on the web. */
export interface WebSettings {
  /** The gateway's own public origin, without a trailing slash; `undefined`: the request's. */
  readonly baseUrl: string | undefined
  /** Exact origins whose pages may read responses. Empty: no CORS headers. */
  readonly corsOrigins: ReadonlySet<string>
  /** Where the program that runs the development system takes orders; `undefined` anywhere else. */
  readonly devControl: { readonly url: string; readonly secret: string } | undefined
}

/** @throws ConfigError naming the variable and what to do */
export function readWeb(variables: Variables, isStrict: boolean): WebSettings {
  return {
    baseUrl: baseUrlOf(variables.BASE_URL, isStrict),
    corsOrigins: corsOriginsOf(variables.CORS_ORIGINS, isStrict),
    devControl: devControlOf(variables),
  }
}

/** @throws ConfigError for plain http, but on this machine in `test` and `dev` */
function baseUrlOf(baseUrl: string | undefined, isStrict: boolean): string | undefined {
  if (baseUrl === undefined) return undefined
  const { origin, protocol, hostname } = new URL(baseUrl)
  if (baseUrl !== origin && baseUrl !== `${origin}/`) {
    reject('BASE_URL', 'must be scheme and host alone, for example https://app.example.com')
  }
  if (protocol !== 'https:' && (isStrict || !isLoopback(hostname))) {
    reject('BASE_URL', 'must be https (http only on loopback, in WORKER_ENV test or dev)')
  }
  return origin
}

/** @throws ConfigError for plain http in production and staging: whoever is on the way would be that page */
function corsOriginsOf(origins: readonly string[], isStrict: boolean): ReadonlySet<string> {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin)) {
      reject('CORS_ORIGINS', 'must list exact origins, for example https://app.example.com')
    }
    if (isStrict && !origin.startsWith('https:')) reject('CORS_ORIGINS', `has ${origin}, which is not https`)
  }
  return new Set(origins)
}

function devControlOf(variables: Variables): WebSettings['devControl'] {
  const { DEV_CONTROL: url, DEV_CONTROL_SECRET: secret, WORKER_ENV: environment } = variables
  if (url === undefined) return undefined
  if (environment !== 'dev') reject('DEV_CONTROL', `is for development alone: remove it`)
  if (secret === undefined) reject('DEV_CONTROL_SECRET', 'is missing beside DEV_CONTROL: npm start makes it')
  return { url, secret }
}
