import type { ObjectStorage } from './object-storage.ts'

/** A session as the index of its user, or of its `sid`, knows it. Times in seconds since the epoch. */
export interface IndexedSession {
  readonly id: string
  /** The session with the provider; `undefined`: its ID tokens name none. */
  readonly sid: string | undefined
  /** `iat` of the ID token that it began with: by the provider's clock, as a logout's is. */
  readonly issuedAt: number
  /** When it is over at the latest. */
  readonly until: number
}

/** What a logout of the provider ends: sessions that began up to a time. */
export interface EndedSessions {
  /** Those of this `sid`, and those without one; `undefined`: all. */
  readonly sid: string | undefined
  /** `iat` of the logout token, in seconds since the epoch. */
  readonly upTo: number
}

/** What one index holds. */
export interface IndexRecord {
  readonly sessions: readonly IndexedSession[]
  readonly ended: readonly EndedSessions[]
}

/** What came of adding a session. */
export interface Indexed {
  /** The provider ended it already: a logout overtook the login. */
  readonly isEnded: boolean
  /** Sessions that must end, because nothing would find them any more. */
  readonly dropped: readonly string[]
}

/** Sessions in an index. One more, and the oldest ends: whoever has so many has lost the cookies of most. */
export const MAX_INDEXED_SESSIONS = 500

/** Logouts that are remembered: a user has few, and one of each `sid`. */
const MAX_ENDED = 100

/** How long a logout is remembered, in seconds: a login that it overtook takes minutes at most. */
const REMEMBERED_SECONDS = 3600

/**
 * The sessions of one user, or of one `sid`: what finds them when the provider says that they are over (OpenID Connect
 * Back-Channel Logout 1.0 §2.7). There is one of these at a time, and what it reads and writes nothing comes between.
 */
export class SessionIndex {
  readonly #storage: ObjectStorage<IndexRecord>
  readonly #now: () => number

  /** @param now seconds since the epoch */
  constructor(storage: ObjectStorage<IndexRecord>, now: () => number) {
    this.#storage = storage
    this.#now = now
  }

  async add(session: IndexedSession): Promise<Indexed> {
    const { sessions, ended } = await this.#read()
    if (ended.some((one) => isEnded(session, one))) return { isEnded: true, dropped: [] }
    const all = [...sessions, session]
    const kept = all.slice(-MAX_INDEXED_SESSIONS)
    await this.#write({ sessions: kept, ended })
    return { isEnded: false, dropped: all.slice(0, -kept.length).map(({ id }) => id) }
  }

  /** Remembers a logout, and returns the sessions that it ends. They stay here until `forget`. */
  async end(ended: EndedSessions): Promise<readonly string[]> {
    const record = await this.#read()
    await this.#write({ ...record, ended: [...record.ended, ended].slice(-MAX_ENDED) })
    return record.sessions.filter((session) => isEnded(session, ended)).map(({ id }) => id)
  }

  /** Takes out sessions that are over. */
  async forget(ids: readonly string[]): Promise<void> {
    const { sessions, ended } = await this.#read()
    await this.#write({ sessions: sessions.filter(({ id }) => !ids.includes(id)), ended })
  }

  /** Takes out what is over, and itself with the last. */
  async onAlarm(): Promise<void> {
    const record = await this.#read()
    const isEmpty = record.sessions.length === 0 && record.ended.length === 0
    await (isEmpty ? this.#storage.clear() : this.#write(record))
  }

  async #read(): Promise<IndexRecord> {
    const { sessions, ended } = (await this.#storage.read()) ?? { sessions: [], ended: [] }
    const now = this.#now()
    return {
      sessions: sessions.filter(({ until }) => until > now),
      ended: ended.filter(({ upTo }) => upTo + REMEMBERED_SECONDS > now),
    }
  }

  async #write(record: IndexRecord): Promise<void> {
    await this.#storage.write(record)
    const ends = [
      ...record.sessions.map(({ until }) => until),
      ...record.ended.map(({ upTo }) => upTo + REMEMBERED_SECONDS),
    ]
    await this.#storage.wake(Math.max(this.#now(), ...ends))
  }
}

function isEnded({ sid, issuedAt }: IndexedSession, { sid: ended, upTo }: EndedSessions): boolean {
  return issuedAt <= upTo && (ended === undefined || sid === undefined || sid === ended)
}
