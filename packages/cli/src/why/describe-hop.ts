import { isProblem } from './advice.ts'
import type { ReadLine } from './line.ts'
import { type Hop, isPassedOn } from './walk.ts'

/** A name and what stands beside it. */
export type Row = readonly [name: string, text: string]

/** Who checked: `reports (service, production, version 3f2a… v12, FRA)`. */
export function whoOf({ who, line: { service, env, version, colo } }: Hop): string {
  const tag = version?.tag === undefined || version.tag === '' ? '' : ` ${version.tag}`
  const details = [who, env, version && `version ${version.id}${tag}`, colo].filter(isText)
  return `${service ?? 'a Worker without a name'} (${details.join(', ')})`
}

/** What was checked, and what came of it. */
export function rowsOf({ line }: Hop): readonly Row[] {
  const { method, route, entrypoint, operation, event, detail, rule, held } = line
  const what = entrypoint ?? operation ?? [method, route].filter(isText).join(' ')
  const rows: readonly (Row | undefined)[] = [
    event === 'decision' && what === '' ? undefined : ['what', what === '' ? event : what],
    row('credential', credentialOf(line)),
    row('issued', issuedOf(line)),
    ['decision', decisionOf(line)],
    row('because', detail === line.reason ? undefined : detail),
    row('rule failed', rule),
    row('caller has', held),
  ]
  return rows.filter((one) => one !== undefined)
}

/** `denied with 403: insufficient_rights`. */
export function decisionOf(line: ReadLine): string {
  const { decision, status, reason, outcome, event, level } = line
  if (event === 'operation') return outcome ?? 'done'
  if (event === 'approval') return `a person’s approval: ${outcome ?? 'used'}`
  if (isPassedOn(line)) return `passed on; the service responded with ${status ?? '?'}`
  const word = decision ?? (level === 'error' ? 'failed' : 'granted')
  const withStatus = status === undefined ? word : `${word} with ${status}`
  return reason === undefined ? withStatus : `${withStatus}: ${reason}`
}

const NONE_CAME: ReadonlySet<string> = new Set(['no_credentials', 'no_session'])

/** What came to identify the caller. What a token says counts only when its signature is good: else there are no such fields. */
function credentialOf(line: ReadLine): string | undefined {
  const { reason = '', kid, kind, client_id, sub_hash, jti, audience, event } = line
  if (event === 'operation') return row('by the key', kid)?.join(' ')
  if (NONE_CAME.has(reason))
    return event === 'request' ? 'neither a bearer token nor a session came' : 'no token came'
  if (reason === 'malformed_credentials') return 'what came is not one bearer token'
  if (event === 'request') {
    return (
      listed([row('kind', kind), row('client', client_id), row('subject', sub_hash && `#${sub_hash}`)]) ??
      notGood(line)
    )
  }
  const isKnown = [kind, client_id, sub_hash, jti, event === 'decision' ? audience : undefined].some(isText)
  if (isKnown) {
    const details = [
      row('kind', kind),
      row('client', client_id),
      row('subject', sub_hash && `#${sub_hash}`),
      row('for', audience),
      row('key', kid),
      row('token', jti),
    ]
    return `signature good: ${listed(details) ?? ''}`
  }
  if (kid !== undefined) return `a token that names the key ${kid}; nothing else in it counts`
  return notGood(line)
}

/** What the gateway issued for the service. */
function issuedOf({ event, jti, kid, audience }: ReadLine): string | undefined {
  if (event !== 'request' || jti === undefined) return undefined
  return listed([row('token', jti), row('for', audience), row('key', kid)])
}

function notGood(line: ReadLine): string | undefined {
  return isProblem(line) && line.status === 401 ? 'not good, so nothing in it counts' : undefined
}

function listed(rows: readonly (Row | undefined)[]): string | undefined {
  const texts = rows.flatMap((one) => (one ? [one.join(' ')] : []))
  return texts.length === 0 ? undefined : texts.join(', ')
}

function row(name: string, text: string | undefined): Row | undefined {
  return text === undefined || text === '' ? undefined : [name, text]
}

function isText(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
