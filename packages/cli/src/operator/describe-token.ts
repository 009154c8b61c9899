import type { TokenReport } from '@sealgate/gateway/config'
import { parse, type UnverifiedToken } from '@sealgate/kit'
import { printable } from '../terminal/printable.ts'
import type { Whois } from './operator-client.ts'

/** Claims that have a line of their own, in this order. */
const CLAIMS = [
  'iss',
  'sub',
  'aud',
  'kind',
  'permissions',
  'roles',
  'scope',
  'azp',
  'client_id',
  'jti',
] as const

/** Times, in seconds since the epoch. */
const TIMES = ['auth_iat', 'iat', 'nbf', 'exp'] as const

/** What is asked about, without the word that many copy with it. */
export function bareToken(text: string): string {
  return text.replace(/^bearer /i, '').trim()
}

/**
 * What a token says of itself. Nothing of it was checked.
 *
 * @throws TokenError for what is none
 */
export function readUnverified(token: string): UnverifiedToken {
  return parse(token)
}

/** @param now seconds since the epoch */
export function describeUnverified({ header, payload }: UnverifiedToken, now: number): readonly string[] {
  const members = Object.entries(header).map(([name, value]) => `${name} ${plain(value)}`)
  return [
    'Unverified: what the token says of itself.',
    line('header', members.join(', ')),
    ...CLAIMS.filter((name) => payload[name] !== undefined).map((name) => line(name, plain(payload[name]))),
    ...TIMES.flatMap((name) => {
      const value = payload[name]
      return typeof value === 'number' ? [line(name, `${isoTime(value)}, ${distance(value - now)}`)] : []
    }),
    ...('act' in payload ? [line('act', plain(payload.act))] : []),
  ]
}

/** What a deployment says to it, with every rule. */
export function describeReport(environment: string, report: Whois): readonly string[] {
  const why = report.ok
    ? ''
    : `: ${[report.reason, 'detail' in report ? report.detail : undefined].filter(Boolean).join(', ')}`
  return [
    printable(`${environment} ${report.ok ? 'takes it' : `rejects it${why}`}.`),
    line('issued', ISSUED[report.issued]),
    ...report.rules.map(({ rule, passed, detail }) =>
      line(rule, `${passed === null ? '–' : passed ? '✓' : '✗'}${detail === undefined ? '' : ` ${detail}`}`),
    ),
    ...(report.issued === 'auth0' || report.issued === 'issuer' ? exchangeLines(report) : keyLines(report)),
    ...(report.version ? [line('version', `${report.version.id} ${report.version.tag}`.trimEnd())] : []),
  ]
}

const ISSUED: Readonly<Record<TokenReport['issued'], string>> = {
  here: 'by this gateway',
  auth0: 'by Auth0',
  issuer: 'by one of the other issuers',
  foreign: 'by neither this gateway nor an issuer that counts there',
}

function keyLines({ key }: Exclude<TokenReport, { issued: 'auth0' | 'issuer' }>): readonly string[] {
  if (!key) return [line('slot', 'its kid is none of this gateway’s')]
  const { name = '', state = '', thumbprint } = key
  return [
    line('slot', `${name}, ${state}`),
    ...(thumbprint === undefined ? [] : [line('thumbprint', thumbprint)]),
  ]
}

function exchangeLines({
  exchange = [],
}: Extract<TokenReport, { issued: 'auth0' | 'issuer' }>): readonly string[] {
  return exchange.map(({ audience, ok, rejection, permissions = [], roles = [] }) =>
    line(
      `→ ${audience}`,
      ok ? `permissions ${list(permissions)}; roles ${list(roles)}` : `✗ ${rejection ?? ''}`,
    ),
  )
}

/** Anybody may have written the token, the names of its members too. */
function line(name: string, value: string): string {
  return `  ${printable(`${name.padEnd(12)} ${value}`)}`
}

function list(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(' ')
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString().replace('.000Z', 'Z')
}

function distance(seconds: number): string {
  const away = Math.abs(seconds)
  const [amount, unit] =
    away < 120
      ? [away, 's']
      : away < 7200
        ? [away / 60, 'min']
        : away < 172_800
          ? [away / 3600, 'h']
          : [away / 86_400, 'd']
  const words = `${Math.round(amount)} ${unit}`
  return seconds < 0 ? `${words} ago` : `in ${words}`
}
