import { errors, type Adapter, type AdapterPayload } from 'oidc-provider'

import { evictOldest } from './bounded.ts'

/** Sessions, grants, codes and refresh tokens together. The oldest goes first. */
const MAX_ENTRIES = 10_000

interface Entry {
  readonly model: string
  readonly id: string
  readonly payload: AdapterPayload
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/**
 * What the server remembers, in memory and bounded. It outlives the provider object, which is made anew when
 * keys rotate. Look-ups other than by id are scans: there are few entries, and fewer such look-ups.
 */
export class TenantStorage {
  readonly #entries = new Map<string, Entry>()

  /** The interface that oidc-provider wants, one object a model. */
  adapter(model: string): Adapter {
    const key = (id: string): string => `${model}:${id}`
    return {
      find: (id) => Promise.resolve(this.#get(key(id))?.payload),
      findByUid: (uid) => Promise.resolve(this.#scan(model, (payload) => payload.uid === uid)),
      findByUserCode: (code) => Promise.resolve(this.#scan(model, (payload) => payload.userCode === code)),
      upsert: (id, payload, expiresIn) => {
        this.#put(key(id), { model, id, payload, expiresAt: expiryOf(expiresIn) })
        return Promise.resolve()
      },
      // Looking and marking are one step, so that of two requests that race with one refresh token only one wins.
      consume: (id) => {
        const payload = this.#get(key(id))?.payload
        if (payload === undefined) return Promise.reject(new errors.InvalidGrant('not found'))
        if (payload.consumed !== undefined) {
          this.#revokeGrant(payload.grantId)
          return Promise.reject(new errors.InvalidGrant('already used'))
        }
        payload.consumed = Math.floor(Date.now() / 1000)
        return Promise.resolve()
      },
      destroy: (id) => {
        this.#entries.delete(key(id))
        return Promise.resolve()
      },
      revokeByGrantId: (grantId) => {
        this.#revokeGrant(grantId)
        return Promise.resolve()
      },
    }
  }

  /** Ends the sessions of a user with the tenant. What they gave lives on. */
  endSessions(accountId: string): void {
    for (const [key, { model, payload }] of this.#entries) {
      if (model === 'Session' && payload['accountId'] === accountId) this.#entries.delete(key)
    }
  }

  #get(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.expiresAt > Date.now()) return entry
    this.#entries.delete(key)
    return undefined
  }

  #put(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    evictOldest(this.#entries, MAX_ENTRIES)
  }

  #scan(model: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, entry] of this.#entries) {
      if (entry.model === model && matches(entry.payload)) return this.#get(key)?.payload
    }
    return undefined
  }

  /** Ends the grant itself too: a token that a racing request still saves for it is dead when it is used. */
  #revokeGrant(grantId: string | undefined): void {
    if (grantId === undefined) return
    this.#entries.delete(`Grant:${grantId}`)
    for (const [key, entry] of this.#entries) {
      if (entry.payload.grantId === grantId) this.#entries.delete(key)
    }
  }
}

function expiryOf(expiresIn: number | undefined): number {
  return expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000
}
