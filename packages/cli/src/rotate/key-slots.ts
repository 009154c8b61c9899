import type { SlotDescription } from '@sealgate/kit'

/** A signing slot, as the gateway describes it. */
export type Slot = SlotDescription

/** What a rotation asks of the slots. */
export interface SlotsView {
  readonly signing?: Slot
  /** Announced: it signs later. */
  readonly next?: Slot
  /** The one to overwrite. */
  readonly idle?: Slot
  /** Seconds since the epoch from which `idle` may be overwritten: the tokens of its key have ended. */
  readonly allowedAt: number
}

/** The largest leeway that a service may have, in seconds. */
const MAX_LEEWAY_SECONDS = 300

/**
 * When no token of a slot's is accepted any more, in seconds since the epoch.
 *
 * @param end when it signed last
 * @param maxTtl the longest lifetime of a token, in seconds
 */
export function tokensEnd(end: number, maxTtl: number): number {
  return end + maxTtl + MAX_LEEWAY_SECONDS
}

/**
 * @param slots in the order of `JWT_PRIVATE_JWK_NAME`, as a gateway describes them
 * @param maxTtl the longest lifetime of a token, in seconds
 */
export function viewOf(slots: readonly Slot[], maxTtl: number): SlotsView {
  const of = (state: Slot['state']): Slot | undefined => slots.find((slot) => slot.state === state)
  const signing = of('signing')
  const next = of('next')
  // What nobody verifies with goes first.
  const idle = of('skipped') ?? of('withdrawn') ?? of('previous')
  const since = (next ?? signing)?.nbf ?? 0
  return {
    ...(signing && { signing }),
    ...(next && { next }),
    ...(idle && { idle }),
    allowedAt: next !== undefined || idle?.state === 'previous' ? tokensEnd(since, maxTtl) : 0,
  }
}

/** The gateway adds which variable named a slot. */
export function secretOf({ name }: Pick<Slot, 'name'>): string {
  return name.replace(/ .*/, '')
}

/** The same slot, named by its secret alone: for whoever reads a report with a program. */
export function withSecretName(slot: Slot): Slot {
  return { ...slot, name: secretOf(slot) }
}

/** A time for people: UTC, to the second. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}
