import type { VerifiedClaims } from '../claims/types.ts'
import { QUESTION_SECONDS } from '../constants.ts'
import type { DenialReason } from '../http/decision.ts'
import type { Answer } from './chat-frames.ts'
import type { QuestionStore } from './durable-object.ts'

/** Why a call that needs a yes is denied. */
export type ApprovalDenial = Extract<DenialReason, `approval_${string}`>

/** How long a question is known after its end, so that a late yes is called late. */
const KEPT_SECONDS = 86_400

const seconds = (): number => Date.now() / 1000

/**
 * The questions that an Agent has for people, in its own SQL: messages are no place, because clients edit them. A question is
 * one tool call, whose hash it keeps, for one person; a yes is used once.
 */
export class Questions {
  readonly #store: QuestionStore
  /** A timer keeps an Agent awake, and so the token that the act is approved with. */
  readonly #awake = new Map<string, ReturnType<typeof setTimeout>>()
  #isReady = false

  constructor(store: QuestionStore) {
    this.#store = store
  }

  /** Notes a question. One that is known stays as it is: a call that comes again is no new one. */
  ask(id: string, actHash: string, sub: string): void {
    const now = seconds()
    this.#exec('DELETE FROM sealgate_questions WHERE expires < ?', now - KEPT_SECONDS)
    this.#exec(
      "INSERT OR IGNORE INTO sealgate_questions VALUES (?, ?, ?, ?, 'open')",
      id,
      actHash,
      sub,
      now + QUESTION_SECONDS,
    )
    this.#mayMiss(id)
    this.#awake.set(
      id,
      setTimeout(() => this.#awake.delete(id), QUESTION_SECONDS * 1000),
    )
  }

  /** Whether this call was ever a question. */
  has(id: string): boolean {
    return this.#find(id) !== undefined
  }

  /** Notes what somebody said. It counts when it is the person who was asked, themself. Returns why it does not. */
  hear({ id, isYes }: Answer, claims: VerifiedClaims): ApprovalDenial | undefined {
    const question = this.#find(id)
    if (!question) return undefined
    if (!isPerson(claims)) return 'approval_invalid'
    if (question.sub !== claims.sub) return 'approval_mismatch'
    this.#exec(
      "UPDATE sealgate_questions SET state = ? WHERE id = ? AND state = 'open'",
      isYes ? 'yes' : 'no',
      id,
    )
    this.#mayMiss(id)
    return undefined
  }

  /** Uses the yes to a call, once. Returns why there is none. */
  take(id: string, actHash: string, sub: string): ApprovalDenial | undefined {
    const question = this.#find(id)
    if (!question) return 'approval_missing'
    if (question.sub !== sub || question.act_hash !== actHash) return 'approval_mismatch'
    if (question.state === 'used') return 'approval_used'
    if (question.state !== 'yes') return 'approval_missing'
    if (Number(question.expires) <= seconds()) return 'approval_expired'
    this.#exec("UPDATE sealgate_questions SET state = 'used' WHERE id = ?", id)
    return undefined
  }

  /** Lets the Agent sleep, as far as this question is concerned. */
  #mayMiss(id: string): void {
    const timer = this.#awake.get(id)
    if (timer !== undefined) clearTimeout(timer)
    this.#awake.delete(id)
  }

  #find(id: string): Readonly<Record<string, unknown>> | undefined {
    return this.#exec('SELECT * FROM sealgate_questions WHERE id = ?', id)[0]
  }

  #exec(
    query: string,
    ...values: readonly (string | number)[]
  ): readonly Readonly<Record<string, unknown>>[] {
    if (!this.#isReady) {
      this.#store.exec(
        'CREATE TABLE IF NOT EXISTS sealgate_questions (id TEXT PRIMARY KEY, act_hash TEXT, sub TEXT, expires REAL, state TEXT)',
      )
      this.#isReady = true
    }
    return this.#store.exec(query, ...values).toArray()
  }
}

/** What the gateway requires too: a user, for whom nobody acts, and who is there. */
function isPerson({ kind, act, offline }: VerifiedClaims): boolean {
  return kind === 'user' && act?.act === undefined && offline === undefined
}
