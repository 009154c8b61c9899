import { issue } from './issue.ts'
import type { TenantContext } from './context.ts'
import type { ForwardedFor } from './forwarded-for.ts'

/**
 * What a test can do to the tenant. A `path` limits a switch to one endpoint (`/oauth/token`); without it the
 * switch is for all of them. A switch for one path wins over the general one.
 */
export interface Control {
  /** Answers after this many milliseconds, 0 to 60,000. */
  slow(ms: number, path?: string): void
  /** Answers with this status (default 503) and a JSON error. */
  down(status?: number, path?: string): void
  /** Answers with a page where JSON is expected; status 200 by default. */
  html(status?: number, path?: string): void
  /** Carries the request out, then cuts its JSON answer in half. */
  truncated(path?: string): void
  /** Closes the connection without an answer. */
  hangUp(path?: string): void
  /** The next key signs from now on, another one is announced, the last one stays published. */
  rotateSigningKey(): Promise<void>
  /** Withdraws the keys that were rotated away. */
  revokeKeys(): void
  /** How often a path (default: any) was requested since the start or the last reset. */
  requests(path?: string): number
  /** Where password requests said that they came from, oldest first, at most 1,000. */
  forwardedFor(): readonly ForwardedFor[]
  /** Blocks a user until `reset`, as an administrator of the tenant does: no login, no refresh, no session here. */
  block(sub: string): void
  /** Signs any access token with the current key: see `issue.ts`. */
  issue(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string
  /** Turns every switch off and forgets blocks, failed logins, counts and records. Keys, sessions and tokens stay. */
  reset(): void
}

/** @param reload makes the server read the keys again */
export function createControl(tenant: TenantContext, reload: () => void): Control {
  const { faults, keys } = tenant
  return {
    slow: (ms, path) => faults.slow(ms, path),
    down: (status = 503, path) => faults.fail({ kind: 'status', status }, path),
    html: (status = 200, path) => faults.fail({ kind: 'html', status }, path),
    truncated: (path) => faults.fail({ kind: 'truncated' }, path),
    hangUp: (path) => faults.fail({ kind: 'reset' }, path),
    async rotateSigningKey() {
      await keys.rotate()
      reload()
    },
    revokeKeys() {
      keys.revokePrevious()
      reload()
    },
    requests: (path) => faults.requests(path),
    forwardedFor: () => tenant.forwardedFor.entries,
    block(sub) {
      tenant.blocked.add(sub)
      tenant.storage.endSessions(sub)
    },
    issue: (claims, header) => issue(tenant, claims, header),
    reset() {
      faults.clear()
      tenant.attempts.clear()
      tenant.blocked.clear()
      tenant.forwardedFor.clear()
    },
  }
}
