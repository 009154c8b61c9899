import { cookiePairs, sha256 } from '@sealgate/kit/gateway'
import * as oauth from 'oauth4webapi'
import * as z from 'zod/mini'
import { encodeUtf8 } from '../observability/utf8.ts'
import { type Cookies, readCookie } from './cookies.ts'
import type { CookieEncryption } from './encryption.ts'

/** How long a user may take to log in at Auth0, in seconds. */
export const LOGIN_SECONDS = 600

/** For how long a callback that comes late still tells where its login was to end, in seconds. */
const STATE_SECONDS = 86_400

/** Logins under way in one browser: tabs that are open. */
const MAX_ATTEMPTS = 4

/** The most that their cookies take together, in characters: beside a session in its cookie, 8 KB must not be reached. */
const MAX_COOKIES_LENGTH = 3500

/** A longer path does not go through the address of Auth0: a login that fails then begins anew at the start page. */
const MAX_STATE_PATH = 512

/** Of a login's hash, in its cookie's name: 132 bits. */
const NAME_LENGTH = 22

/** What a login is for. */
export interface LoginAim {
  /** A path of this site. */
  readonly returnTo: string
  /** How often it was tried before. */
  readonly tries: number
}

const AIM = z.object({ returnTo: z.string(), tries: z.int() })
const STATE = z.extend(AIM, { startedAt: z.number() })

const LOGIN_ATTEMPT = z.extend(AIM, {
  /** Comes back from Auth0 with the code (RFC 6749 §10.12). */
  state: z.string(),
  /** Comes back in the ID token (OpenID Connect Core §3.1.2.1). */
  nonce: z.string(),
  /** RFC 7636 §4.1. */
  codeVerifier: z.string(),
  /** Auth0 announced `iss` in its responses (RFC 9207): one without it is rejected. */
  requiresIss: z.boolean(),
  /** Auth0 was told to let the user log in anew. */
  isForced: z.boolean(),
  /** The organization that was asked for. */
  organization: z.optional(z.string()),
  /** More parameters that Auth0 got. */
  parameters: z.optional(z.record(z.string(), z.string())),
  /** Seconds since the epoch. */
  startedAt: z.number(),
})

/** A login that is under way. It is kept by the browser that began it, sealed, and by nobody else. */
export type LoginAttempt = z.infer<typeof LOGIN_ATTEMPT>

/** What logins under way are kept with. */
export interface LoginKeeping {
  readonly encryption: CookieEncryption
  readonly cookies: Cookies
  /** Seconds since the epoch. */
  readonly now: number
}

/**
 * Makes the secrets of a login. Its state is random, and holds sealed where the login is to end: it comes back even when
 * the cookie does not.
 */
export async function newLoginAttempt(
  { encryption, now }: Pick<LoginKeeping, 'encryption' | 'now'>,
  what: LoginAim & Pick<LoginAttempt, 'requiresIss' | 'isForced' | 'organization' | 'parameters'>,
): Promise<LoginAttempt> {
  const returnTo = what.returnTo.length > MAX_STATE_PATH ? '/' : what.returnTo
  const aim = { returnTo, tries: what.tries, startedAt: now }
  const sealed = await encryption.encrypt('login-state', aim, now + STATE_SECONDS)
  return {
    ...what,
    state: `${oauth.generateRandomState()}.${sealed}`,
    nonce: oauth.generateRandomNonce(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
    startedAt: now,
  }
}

/**
 * The `Set-Cookie` headers that keep a login: one cookie for each, named by its state, so that logins in two tabs do not
 * meet. For more than four, or for what is too large together, the oldest go; so does what is over or not ours.
 */
export async function keepLoginAttempt(
  keeping: LoginKeeping,
  request: Request,
  attempt: LoginAttempt,
): Promise<readonly string[]> {
  const { encryption, cookies, now } = keeping
  const name = await nameOf(cookies, attempt.state)
  // What its state has sealed stands in the attempt already.
  const kept = { ...attempt, state: randomPart(attempt.state) }
  const sealed = await encryption.encrypt('login', kept, now + LOGIN_SECONDS)
  let room = MAX_COOKIES_LENGTH - name.length - sealed.length
  let places = MAX_ATTEMPTS - 1
  const dropped = (await attemptsOf(keeping, request)).filter(({ length, startedAt }) => {
    room -= length
    places -= 1
    return startedAt === undefined || room < 0 || places < 0
  })
  return [...dropped.map((one) => cookies.clear(one.name)), cookies.set(name, sealed, LOGIN_SECONDS)]
}

interface Kept {
  readonly name: string
  /** Of the cookie, with its name. */
  readonly length: number
  /** `undefined` for what does not open. */
  readonly startedAt: number | undefined
}

/** The logins under way in a browser, the youngest first. */
async function attemptsOf(
  { encryption, cookies, now }: LoginKeeping,
  request: Request,
): Promise<readonly Kept[]> {
  const pairs = cookiePairs(request.headers.get('Cookie')).filter(([name]) => name.startsWith(cookies.login))
  const kept = await Promise.all(
    pairs.map(async ([name, value]): Promise<Kept> => {
      const attempt = await openAttempt(encryption, value, now)
      return { name, length: name.length + value.length, startedAt: attempt?.startedAt }
    }),
  )
  return kept.toSorted((one, other) => (other.startedAt ?? 0) - (one.startedAt ?? 0))
}

/** What a callback's `state` says, and its cookie. */
export interface FoundLogin {
  /** The login under way; `undefined` when it is over, or was never this browser's. */
  readonly attempt: LoginAttempt | undefined
  /** What the login is for, as far as anything tells. */
  readonly aim: LoginAim
  /** It began longer ago than a login may take. */
  readonly isLate: boolean
  /** The `Set-Cookie` header that makes the browser forget it, where it has any. */
  readonly forget: readonly string[]
}

/** Finds the login that a callback belongs to. */
export async function findLoginAttempt(
  { encryption, cookies, now }: LoginKeeping,
  request: Request,
  state: string,
): Promise<FoundLogin> {
  const name = await nameOf(cookies, state)
  const sealed = readCookie(request, name)
  const kept = sealed === undefined ? undefined : await openAttempt(encryption, sealed, now)
  const attempt = kept?.state === randomPart(state) ? { ...kept, state } : undefined
  const told = STATE.safeParse(
    await encryption.decrypt('login-state', state.slice(state.indexOf('.') + 1), now),
  ).data
  const { returnTo, tries } = attempt ?? told ?? { returnTo: '/', tries: 0 }
  return {
    attempt,
    aim: { returnTo, tries },
    isLate: told !== undefined && now >= told.startedAt + LOGIN_SECONDS,
    forget: sealed === undefined ? [] : [cookies.clear(name)],
  }
}

async function openAttempt(
  encryption: CookieEncryption,
  sealed: string,
  now: number,
): Promise<LoginAttempt | undefined> {
  return LOGIN_ATTEMPT.safeParse(await encryption.decrypt('login', sealed, now)).data
}

/** 256 bits, which nobody guesses (RFC 6749 §10.10). */
function randomPart(state: string): string {
  return state.split('.', 1)[0] ?? ''
}

/** The cookie of a login: its state is hashed, because names of cookies are seen in more places than values. */
async function nameOf(cookies: Cookies, state: string): Promise<string> {
  return `${cookies.login}${(await sha256(encodeUtf8(state))).slice(0, NAME_LENGTH)}`
}
