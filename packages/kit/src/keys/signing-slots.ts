import { SLOT_MARGIN_SECONDS } from '../constants.ts'
import { ConfigError } from '../errors.ts'
import type { Report } from '../primitives/events.ts'
import { parsePasted } from '../primitives/pasted.ts'
import type { VerificationKey } from './verification-key.ts'
import { isPair, parsePrivateJwk, type PrivateJwk, type SigningKey } from './private-jwk.ts'

/** A configured value and the name to use for it in messages. */
export interface NamedText {
  readonly name: string
  readonly text: unknown
}

/** What signs: a ring of slots, or a list of secrets. */
export interface KeyRing {
  /**
   * The key that signs at `now` (seconds).
   * @throws ConfigError when none may
   */
  signer(now: number): SigningKey | Promise<SigningKey>
  /** The public halves to publish at `now`. Empty for secrets. */
  published(now: number): Promise<readonly PublishedKey[]>
  /** Every slot and what it is doing at `now`; no secret in it. */
  describe(now: number): readonly SlotDescription[]
}

/** A public JWK made of allow-listed members only. */
export interface PublicJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}

export interface PublishedKey {
  readonly jwk: PublicJwk
  readonly key: VerificationKey
}

/** A signing slot as it stands now; no secret in it. */
export interface SlotDescription {
  /** The variable or option that holds it. */
  readonly name: string
  readonly kid?: string
  readonly state: 'signing' | 'next' | 'previous' | 'withdrawn' | 'skipped'
  /** Seconds since the epoch. */
  readonly nbf?: number
  readonly exp?: number
  readonly problem?: string
}

interface Slot extends PrivateJwk {
  readonly name: string
}

/** How long a slot's last tokens live, in the worst case, after it stopped signing. */
export function slotTailSeconds(maxTtlSeconds: number, leewaySeconds: number): number {
  return maxTtlSeconds + leewaySeconds + SLOT_MARGIN_SECONDS
}

/**
 * The slots that may sign at `now`, best first: `nbf ≤ now < exp − tail`, the latest `nbf` first, then in the
 * order of the list.
 */
export function eligibleSlots<S extends { readonly nbf: number; readonly exp: number }>(
  slots: readonly S[],
  now: number,
  tailSeconds: number,
): readonly S[] {
  return slots
    .filter((slot) => slot.nbf <= now && now < slot.exp - tailSeconds)
    .sort((one, other) => other.nbf - one.nbf)
}

/** Signing slots (EdDSA): next, current and previous, told apart by time alone. */
export class SlotRing implements KeyRing {
  readonly #slots: readonly Slot[]
  readonly #skipped: ReadonlyMap<string, string>
  readonly #repeated: ReadonlyMap<string, string>
  readonly #tailSeconds: number
  readonly #onEvent: Report
  /** Whether a slot's halves belong together, once it is known. */
  readonly #pairs = new Map<Slot, boolean>()

  /**
   * A slot that cannot be used is skipped and reported, as long as another can sign.
   *
   * @param tailSeconds see {@link slotTailSeconds}
   * @param onlyKid the `kid` of a key that has none of its own; another one beside it is an error
   * @throws ConfigError when no slot is usable, or a key contradicts `onlyKid`
   */
  constructor(entries: readonly NamedText[], tailSeconds: number, onEvent: Report, onlyKid?: string) {
    const slots: Slot[] = []
    const skipped = new Map<string, string>()
    for (const { name, text } of entries) {
      if (text === undefined || text === null || text === '') skipped.set(name, 'it is unset or empty')
      else {
        const parsed = parsePrivateJwk(parsePasted(text), onlyKid)
        if (onlyKid !== undefined && parsed.ok && parsed.jwk.kid !== onlyKid)
          throw new ConfigError(`${name} has another kid than JWT_KID (the option kid): remove JWT_KID`)
        if (parsed.ok) slots.push({ ...parsed.jwk, name })
        else skipped.set(name, parsed.problem)
      }
    }
    // Of slots with one kid the earliest is used: its tokens may be out already.
    for (const slot of slots) {
      const [kept] = slots.filter(({ kid }) => kid === slot.kid).sort((one, other) => one.nbf - other.nbf)
      if (kept && kept !== slot) {
        skipped.set(slot.name, `it has the same kid as ${kept.name}: make it anew with another --kid`)
      }
    }
    this.#slots = slots.filter((slot) => !skipped.has(slot.name))
    this.#skipped = skipped
    this.#repeated = repeatedKeys(this.#slots)
    this.#tailSeconds = tailSeconds
    this.#onEvent = onEvent
    if (this.#slots.length === 0)
      throw this.#noSigner('no signing key is usable', 'make one with: npx kit-keygen --private')
    for (const [name, detail] of skipped) onEvent({ event: 'slot_skipped', level: 'error', name, detail })
    for (const [name, detail] of this.#repeated) {
      onEvent({ event: 'slot_repeated', level: 'error', name, detail })
    }
  }

  signer(now: number): SigningKey | Promise<SigningKey> {
    const best = eligibleSlots(this.#slots, now, this.#tailSeconds)[0]
    return best && this.#pairs.get(best) === true ? best.signing : this.#checkedSigner(now)
  }

  async #checkedSigner(now: number): Promise<SigningKey> {
    for (const slot of eligibleSlots(this.#slots, now, this.#tailSeconds)) {
      if (await this.#usable(slot)) return slot.signing
    }
    const next = this.#slots.find((slot) => slot.nbf > now)
    throw next
      ? this.#noSigner(
          `no signing key is active yet: ${next.name} starts at ${isoTime(next.nbf)}`,
          'make one without --activate-in',
        )
      : this.#noSigner('no signing key may sign', 'make a new one with: npx kit-keygen --private')
  }

  async #usable(slot: Slot): Promise<boolean> {
    const known = this.#pairs.get(slot)
    if (known !== undefined) return known
    const pair = await isPair(slot)
    // Two first uses can get here together; only one reports.
    if (!pair && !this.#pairs.has(slot)) {
      this.#onEvent({ event: 'slot_skipped', level: 'error', name: slot.name, detail: MISMATCH })
    }
    this.#pairs.set(slot, pair)
    return pair
  }

  async published(now: number): Promise<readonly PublishedKey[]> {
    const published: PublishedKey[] = []
    for (const slot of this.#slots) {
      if (now >= slot.exp || !(await this.#usable(slot))) continue
      const { kid, x } = slot
      published.push({
        jwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' },
        key: slot.verification,
      })
    }
    return published
  }

  describe(now: number): readonly SlotDescription[] {
    const usable = this.#slots.filter((slot) => this.#pairs.get(slot) !== false)
    const signing = eligibleSlots(usable, now, this.#tailSeconds)[0]
    const described = this.#slots.map((slot): SlotDescription => {
      const repeated = this.#repeated.get(slot.name)
      const base = {
        name: slot.name,
        kid: slot.kid,
        nbf: slot.nbf,
        ...(slot.exp < Infinity && { exp: slot.exp }),
        ...(repeated !== undefined && { problem: repeated }),
      }
      if (!usable.includes(slot)) return { ...base, state: 'skipped', problem: MISMATCH }
      if (slot === signing) return { ...base, state: 'signing' }
      if (now >= slot.exp) return { ...base, state: 'withdrawn' }
      return { ...base, state: slot.nbf > now ? 'next' : 'previous' }
    })
    const skipped = [...this.#skipped].map(([name, problem]): SlotDescription => ({
      name,
      state: 'skipped',
      problem,
    }))
    return [...described, ...skipped]
  }

  #noSigner(what: string, remedy: string): ConfigError {
    const mismatched = this.#slots.filter((slot) => this.#pairs.get(slot) === false)
    const problems = [...this.#skipped, ...mismatched.map(({ name }) => [name, MISMATCH] as const)]
    const why = problems.map(([name, problem]) => ` ${name}: ${problem}.`).join('')
    return new ConfigError(`${what}.${why} To mend it: ${remedy}`)
  }
}

/** Slots that hold an earlier slot's key under a kid of their own. Tokens of both kids may be out: both serve. */
function repeatedKeys(slots: readonly Slot[]): ReadonlyMap<string, string> {
  return new Map(
    slots.flatMap((slot): [string, string][] => {
      const first = slots.find(({ x }) => x === slot.x)
      return first === undefined || first === slot
        ? []
        : [[slot.name, `it holds the key of ${first.name}: make a new one with: npx kit-keygen --private`]]
    }),
  )
}

const MISMATCH = 'its halves do not belong together (check it with: npx kit-keygen check FILE)'

function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString()
}
