import type { Auth0Client } from '../auth0/client.ts'
import type { Login, Tokens, UserClaims } from '../auth0/client-types.ts'
import { type ErrorCode, GatewayError } from '../errors.ts'
import type { ObjectStorage } from './object-storage.ts'

/** A session that nobody uses ends after this time, in seconds. */
export const IDLE_SECONDS = 12 * 3600

/** No session lasts longer, in seconds. */
export const ABSOLUTE_SECONDS = 7 * 86_400

/** A use is written down at most this often, in seconds: idle time is measured this exactly. */
const TOUCH_SECONDS = 300

/** An access token with less lifetime left is refreshed before it is used, in seconds. */
const REFRESH_BEFORE_SECONDS = 60

/** A token with less lifetime left is of no use: verification rejects it with less than 5 s. */
const USELESS_SECONDS = 10

/** Who requests a refresh so soon after another gets that one's result, in seconds: tabs send theirs all at once. */
const REFRESH_AGAIN_SECONDS = 10

/** How long the claims of `/userinfo` are kept, in seconds: Auth0 allows a few calls a minute. */
export const USERINFO_SECONDS = 60

/** How long `/userinfo` is left alone after it failed, in seconds. */
const USERINFO_PAUSE_SECONDS = 10

/** What a session holds. Times in seconds since the epoch. */
export interface SessionRecord extends Omit<Login, 'authTime'> {
  /** When the user logged in at Auth0; a refresh does not move it. Absent in sessions of earlier versions. */
  readonly authTime?: number
  readonly startedAt: number
  readonly seenAt: number
  /** 0: not since the login. */
  readonly refreshedAt: number
  readonly userinfo?: { readonly claims: UserClaims; readonly fetchedAt: number }
}

/** Where one session is kept. */
export type RecordStorage = ObjectStorage<SessionRecord>

/** What a session gives for forwarding. */
export interface Access {
  readonly accessToken: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
  readonly sub: string
  /** When the user logged in at Auth0, in seconds since the epoch. */
  readonly authTime: number
  /** The session with Auth0, where the deny-list alone can say that it is over. */
  readonly sid?: string
}

/** Auth0, as far as a session needs it. */
export type SessionAuth0 = Pick<Auth0Client, 'refresh' | 'userinfo' | 'revoke'>

/** When a session is over: idle, old, or without a way to renew its access token. */
export function endOf({ seenAt, startedAt, refreshToken, expiresAt }: SessionRecord): number {
  const latest = Math.min(seenAt + IDLE_SECONDS, startedAt + ABSOLUTE_SECONDS)
  return refreshToken === undefined ? Math.min(latest, expiresAt) : latest
}

/**
 * One session and its rules. There is one of these for a session at a time, so that what is under way here is under way
 * everywhere.
 */
export class LiveSession {
  readonly #storage: RecordStorage
  readonly #auth0: SessionAuth0
  readonly #now: () => number
  #refreshing: Promise<SessionRecord> | undefined
  #fetching: Promise<UserClaims> | undefined
  #failed: { readonly error: unknown; readonly until: number } | undefined

  constructor(storage: RecordStorage, auth0: SessionAuth0, now: () => number) {
    this.#storage = storage
    this.#auth0 = auth0
    this.#now = now
  }

  /** Begins the session. */
  async start(login: Login): Promise<void> {
    if (await this.#storage.read()) throw new Error('the session has begun already')
    const now = this.#now()
    const record = { ...login, startedAt: now, seenAt: now, refreshedAt: 0 }
    await this.#storage.write(record)
    await this.#storage.wake(endOf(record))
  }

  /**
   * An access token that can be used, refreshed when it is about to end. While Auth0 cannot be reached, the old one
   * serves for as long as it lives.
   *
   * @throws GatewayError `no_session`, `session_expired`, `auth0_unavailable`, `auth0_failed`
   */
  async access(): Promise<Access> {
    const record = await this.#read()
    const left = record.expiresAt - this.#now()
    if (left > REFRESH_BEFORE_SECONDS || (record.refreshToken === undefined && left > USELESS_SECONDS)) {
      return accessOf(record)
    }
    try {
      return accessOf(await this.#refresh(record))
    } catch (error) {
      if (left > USELESS_SECONDS && isOutage(error)) return accessOf(record)
      throw error
    }
  }

  /**
   * New tokens from Auth0. All who request them at the same time get those of one refresh.
   *
   * @throws GatewayError `no_session`, `session_expired`, `not_refreshable`, `auth0_unavailable`, `auth0_failed`
   */
  async refresh(): Promise<Access> {
    const record = await this.#read()
    if (record.refreshToken === undefined) throw new GatewayError('not_refreshable')
    const isFresh = this.#now() - record.refreshedAt < REFRESH_AGAIN_SECONDS
    return accessOf(isFresh ? record : await this.#refresh(record))
  }

  /**
   * The claims of the user: of the last ID token, or with `isFresh` of `/userinfo`.
   *
   * @throws GatewayError
   */
  async profile({ isFresh }: { readonly isFresh: boolean }): Promise<UserClaims> {
    const { claims, userinfo } = await this.#read()
    if (!isFresh) return claims
    if (userinfo && this.#now() - userinfo.fetchedAt < USERINFO_SECONDS) return userinfo.claims
    if (this.#failed && this.#now() < this.#failed.until) throw this.#failed.error
    this.#fetching ??= this.#fetchUserinfo().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  /** Ends the session. Returns its refresh token, which is to be revoked. */
  async end(): Promise<string | undefined> {
    const record = await this.#storage.read()
    await this.#storage.clear()
    return record?.refreshToken
  }

  /** Ends the session if its time has come, and else looks again when it will have. */
  async onAlarm(): Promise<void> {
    const record = await this.#storage.read()
    if (!record) return
    const end = endOf(record)
    await (this.#now() >= end ? this.#storage.clear() : this.#storage.wake(end))
  }

  async #read(): Promise<SessionRecord> {
    const record = await this.#storage.read()
    const now = this.#now()
    if (!record) throw new GatewayError('no_session')
    if (now >= endOf(record)) {
      await this.#storage.clear()
      throw new GatewayError('no_session', { detail: 'the session is over' })
    }
    if (now - record.seenAt < TOUCH_SECONDS) return record
    const seen = { ...record, seenAt: now }
    await this.#storage.write(seen)
    return seen
  }

  #refresh(record: SessionRecord): Promise<SessionRecord> {
    this.#refreshing ??= this.#rotate(record).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** The new refresh token is stored before anything that came with it is used: the old one is spent. */
  async #rotate({ refreshToken, claims: { sub } }: SessionRecord): Promise<SessionRecord> {
    if (refreshToken === undefined) return this.#over('the access token is over')
    let tokens: Tokens
    try {
      tokens = await this.#auth0.refresh(refreshToken, sub)
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'session_expired') return this.#over(error.detail)
      throw error
    }
    // The session may have ended, or been used, in the meantime.
    const current = await this.#storage.read()
    if (!current) {
      await this.#auth0.revoke(tokens.refreshToken ?? refreshToken).catch(() => undefined)
      throw new GatewayError('session_expired', { detail: 'it ended during its refresh' })
    }
    const { accessToken, expiresAt } = tokens
    const record = {
      ...current,
      accessToken,
      expiresAt,
      refreshToken: tokens.refreshToken ?? refreshToken,
      claims: tokens.claims ?? current.claims,
      refreshedAt: this.#now(),
    }
    await this.#storage.write(record)
    return record
  }

  async #over(detail = 'Auth0 ended it'): Promise<never> {
    await this.#storage.clear()
    throw new GatewayError('session_expired', { detail })
  }

  async #fetchUserinfo(): Promise<UserClaims> {
    const { accessToken, sub } = await this.access()
    const claims = await this.#auth0.userinfo(accessToken, sub).catch((error: unknown) => {
      this.#failed = { error, until: this.#now() + USERINFO_PAUSE_SECONDS }
      throw error
    })
    const record = await this.#storage.read()
    if (!record) throw new GatewayError('no_session', { detail: 'it ended during the request' })
    await this.#storage.write({ ...record, userinfo: { claims, fetchedAt: this.#now() } })
    return claims
  }
}

function accessOf({ accessToken, expiresAt, claims: { sub }, startedAt, authTime }: SessionRecord): Access {
  return { accessToken, expiresAt, sub, authTime: authTime ?? startedAt }
}

const OUTAGES: readonly ErrorCode[] = ['auth0_unavailable', 'auth0_failed']

function isOutage(error: unknown): boolean {
  return error instanceof GatewayError && OUTAGES.includes(error.code)
}
