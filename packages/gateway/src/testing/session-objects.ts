import type { ObjectNamespace } from '../config/session.ts'
import type { SessionObject } from '../session/durable-object-store.ts'
import { LiveSession, type SessionAuth0 } from '../session/live-session.ts'
import type { ObjectStorage } from '../session/object-storage.ts'
import { outcomeOf } from '../session/outcome.ts'
import { SessionIndex } from '../session/session-index.ts'

/**
 * What the binding `SESSIONS` is in a test: each session by the rules of its Durable Object, but in memory, and without
 * alarms: one that is over says so when it is used.
 */
export function sessionObjects(auth0: () => Promise<SessionAuth0>, now: () => number): ObjectNamespace {
  const objects = new Map<unknown, SessionObject>()
  return {
    idFromName: (name) => name,
    get(id) {
      const object = objects.get(id) ?? sessionObject(auth0, now)
      objects.set(id, object)
      return object
    },
  }
}

function sessionObject(auth0: () => Promise<SessionAuth0>, now: () => number): SessionObject {
  const live = new LiveSession(
    objectStorage(),
    {
      refresh: async (refreshToken, sub) => (await auth0()).refresh(refreshToken, sub),
      userinfo: async (accessToken, sub) => (await auth0()).userinfo(accessToken, sub),
      revoke: async (refreshToken) => (await auth0()).revoke(refreshToken),
    },
    now,
  )
  const index = new SessionIndex(objectStorage(), now)
  return {
    addSession: (session) => outcomeOf(() => index.add(session)),
    endSessions: (ended) => outcomeOf(() => index.end(ended)),
    forgetSessions: (ids) => outcomeOf(() => index.forget(ids)),
    start: (login) => outcomeOf(() => live.start(login)),
    access: () => outcomeOf(() => live.access()),
    refresh: () => outcomeOf(() => live.refresh()),
    profile: (isFresh) => outcomeOf(() => live.profile({ isFresh })),
    end: () => outcomeOf(() => live.end()),
  }
}

function objectStorage<Kept>(): ObjectStorage<Kept> {
  let kept: Kept | undefined
  return {
    read: () => Promise.resolve(kept),
    write(record) {
      kept = record
      return Promise.resolve()
    },
    clear() {
      kept = undefined
      return Promise.resolve()
    },
    wake: () => Promise.resolve(),
  }
}
