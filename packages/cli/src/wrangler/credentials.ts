import { isObject, parseJson } from '@sealgate/kit/gateway'
import type { RunWrangler } from './run.ts'

/** What a request to Cloudflare's API is made with. The headers are a secret. */
export interface ApiAccess {
  /** Without a trailing slash. */
  readonly url: string
  readonly accountId: string
  readonly headers: Readonly<Record<string, string>>
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The login that wrangler has: an API token or key of the environment, else what `wrangler login` keeps.
 *
 * @param accountId of the wrangler.jsonc, if it has one
 * @throws Error with what wrangler said, or for several accounts
 */
export async function apiAccess(
  run: RunWrangler,
  accountId: string | undefined,
  variables: Variables = process.env,
): Promise<ApiAccess> {
  const {
    CLOUDFLARE_API_BASE_URL: url = 'https://api.cloudflare.com/client/v4',
    CLOUDFLARE_ACCOUNT_ID: account,
  } = variables
  return {
    url: url.replace(/\/$/, ''),
    headers: headersOf(await jsonOf(run, ['auth', 'token', '--json'])),
    accountId: account ?? accountId ?? (await onlyAccount(run)),
  }
}

function headersOf({ token, key, email }: Members): Readonly<Record<string, string>> {
  if (typeof token === 'string') return { Authorization: `Bearer ${token}` }
  if (typeof key === 'string' && typeof email === 'string')
    return { 'X-Auth-Key': key, 'X-Auth-Email': email }
  throw new Error('wrangler auth token printed no token: npx wrangler login')
}

/** @throws Error unless there is one */
async function onlyAccount(run: RunWrangler): Promise<string> {
  const { accounts } = await jsonOf(run, ['whoami', '--json'])
  const ids = (Array.isArray(accounts) ? (accounts as readonly unknown[]) : []).flatMap((account) =>
    isObject(account) && typeof account.id === 'string' ? [account.id] : [],
  )
  const [id, another] = ids
  if (id !== undefined && another === undefined) return id
  throw new Error(
    'More than one account is available, or none: set CLOUDFLARE_ACCOUNT_ID, or "account_id" in wrangler.jsonc',
  )
}

type Members = Readonly<Record<string, unknown>>

/** What wrangler says without a login, whatever it was called for. */
const NOT_LOGGED_IN = /\bnot logged in\b/i

/** What it printed goes into no error: it may be the token. */
async function jsonOf(run: RunWrangler, args: readonly string[]): Promise<Members> {
  const { code, stdout, stderr } = await run(args)
  const printed = parseJson(stdout.slice(Math.max(0, stdout.search(/^\{/m))))
  if (code === 0 && isObject(printed)) return printed
  if (NOT_LOGGED_IN.test(stderr)) {
    throw new Error(
      'There is no login at Cloudflare: npx wrangler login; where there is no browser, an API token in CLOUDFLARE_API_TOKEN',
    )
  }
  throw new Error(`wrangler ${args.join(' ')} failed:\n${stderr.trim()}`)
}
