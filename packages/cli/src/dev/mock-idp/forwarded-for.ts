import { isIP } from 'node:net'
import type { Context } from 'oidc-provider'

const MAX_ENTRIES = 1000

/** What a password request said about where its user sits. */
export interface ForwardedFor {
  readonly clientId: string
  readonly username: string
  /** The header `auth0-forwarded-for` as it came; absent when it was not sent. */
  readonly header: string | undefined
  /** The address that brute-force protection counts for. */
  readonly ip: string
}

/** The last password requests, oldest first, for tests to look at. */
export class ForwardedForLog {
  #entries: readonly ForwardedFor[] = []

  get entries(): readonly ForwardedFor[] {
    return this.#entries
  }

  add(entry: ForwardedFor): void {
    this.#entries = [...this.#entries, entry].slice(-MAX_ENTRIES)
  }

  clear(): void {
    this.#entries = []
  }
}

export const socketAddress = (ctx: Context): string => ctx.req.socket.remoteAddress ?? ''

/**
 * The address that counts. Auth0 believes the header only from an application that authenticates itself, and the
 * header holds exactly one address; anything else counts for the caller's own.
 */
export function callerAddress(ctx: Context, confidential: boolean): string {
  const header = ctx.get('auth0-forwarded-for')
  return confidential && isIP(header) !== 0 ? header : socketAddress(ctx)
}
