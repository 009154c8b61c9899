import { EVENTS } from '@sealgate/kit/log'
import { AUTH0_CAUSES } from './auth0-causes.ts'
import type { Cause } from './cause.ts'
import { DPOP_CAUSES } from './dpop-causes.ts'
import { GATEWAY_CAUSES } from './gateway-causes.ts'
import { KIT_CAUSES, KIT_ERROR_CAUSES } from './kit-causes.ts'
import type { ReadLine } from './line.ts'
import { type Hop, isPassedOn } from './walk.ts'

/** What is known of a reason. */
export interface Advice {
  /** The word that it was found by. */
  readonly reason: string
  readonly meaning: string
  readonly often?: string
  readonly todo: string
}

type Causes = Readonly<Record<string, Cause>>

/** What to do about a hop that denied or failed; `undefined` for one that did not, and for words that nobody knows. */
export function adviceOf({ who, line }: Hop): Advice | undefined {
  if (!isProblem(line)) return undefined
  const found =
    who === 'gateway' ? causeAtGateway(line) : lookUp([line.reason], [KIT_CAUSES, KIT_ERROR_CAUSES])
  if (!found) return undefined
  const { reason, cause } = found
  const { meaning, often, todo } = cause
  return {
    reason,
    meaning: plain(meaning),
    ...(often !== undefined && { often: plain(often) }),
    todo: plain(todo),
  }
}

/** The row of an event that is no decision. */
export function adviceOfEvent({ event }: ReadLine): Pick<Advice, 'meaning' | 'todo'> | undefined {
  const row = Object.hasOwn(EVENTS, event) ? EVENTS[event as keyof typeof EVENTS] : undefined
  return row && { meaning: plain(row.meaning), todo: plain(row.todo) }
}

/** Whether a line denies, or reports a failure, of its own accord. */
export function isProblem(line: ReadLine): boolean {
  const { decision, event, level } = line
  if (isPassedOn(line)) return false
  return decision === 'denied' || decision === 'failed' || (event !== 'operation' && level === 'error')
}

/** A token is Auth0's there, but for those that services hand to an entrypoint. Its detail says more than its reason. */
function causeAtGateway({ reason, detail = '', entrypoint }: ReadLine): Found | undefined {
  const [, word] = /^(?:\w+: )?(\w+)$/.exec(detail) ?? []
  const ofToken =
    entrypoint === undefined && !detail.startsWith('operator:') ? [AUTH0_CAUSES, DPOP_CAUSES] : []
  return lookUp([word], [...ofToken, KIT_CAUSES]) ?? lookUp([reason], [GATEWAY_CAUSES, KIT_CAUSES])
}

interface Found {
  readonly reason: string
  readonly cause: Cause
}

function lookUp(words: readonly (string | undefined)[], tables: readonly Causes[]): Found | undefined {
  for (const reason of words) {
    const table = tables.find((one) => reason !== undefined && Object.hasOwn(one, reason))
    const cause = table?.[reason ?? '']
    if (reason !== undefined && cause) return { reason, cause }
  }
  return undefined
}

/** Without Markdown: a terminal shows no links. */
function plain(text: string): string {
  return text.replace(/\[([^\][]*)\]\([^()\s]*\)/g, '$1').replace(/(^|\s)\*([^*\s][^*]*)\*/g, '$1$2')
}
