import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Gathered } from './gathered.ts'
import { ALL_READ, type Looked } from './looked.ts'
import { render, renderUnknown } from './render.ts'
import { type Report, reportOf } from './report.ts'

const ID = 'req-12345678'
const PLACE: Looked = { where: 'a file', kept: 'For a day.', unreadable: ALL_READ }
const at = (second: string): string => `2026-11-28T07:00:${second}Z`

/** The gateway forwarded, and the service denied. */
const GATEWAY = {
  ...{ ts: at('01.050'), level: 'warn', event: 'request', schema: 1, service: 'gateway', env: 'production' },
  ...{ request_id: ID, trace_id: 'a'.repeat(32), decision: 'denied', status: 403, ms: 50, colo: 'FRA' },
  ...{ method: 'GET', route: '/api/*', kind: 'user', client_id: 'web', version: { id: '8c7e', tag: 'v12' } },
  ...{ jti: 'j1', kid: 'prod-a', audience: 'reports' },
}
const SERVICE = {
  ...{ ts: at('01.040'), level: 'warn', event: 'decision', schema: 1, service: 'reports', env: 'production' },
  ...{
    request_id: ID,
    trace_id: 'a'.repeat(32),
    decision: 'denied',
    status: 403,
    reason: 'insufficient_rights',
  },
  ...{ rule: 'needs all of export:reports', held: 'read:reports', kid: 'prod-a', kind: 'user', jti: 'j1' },
}

function report(...lines: readonly object[]): Report {
  const gathered = new Gathered(ID)
  for (const line of lines) gathered.addRecord(line)
  return reportOf(ID, gathered, PLACE)
}
const shown = (...lines: readonly object[]): string =>
  stripVTControlCharacters(render(report(...lines), (_, text) => text))

describe('the walk', () => {
  it('goes from the gateway to the service, whoever wrote first, and says who denied', () => {
    const { attempts, found } = report(SERVICE, GATEWAY)
    expect(found).toBe(true)
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({
      outcome: 'denied',
      by: 'reports',
      status: 403,
      reason: 'insufficient_rights',
    })
    expect(attempts[0]?.hops.map(({ line }) => line.service)).toEqual(['gateway', 'reports'])
  })

  it('says of each hop who checked what, the key, the rule, what was needed and what was held', () => {
    const text = shown(SERVICE, GATEWAY)
    expect(text).toContain('denied with 403, reports said insufficient_rights')
    expect(text).toContain('07:00:01.000  gateway (gateway, production, version 8c7e v12, FRA)')
    expect(text).toMatch(
      /what +GET \/api\/\*\n +credential +kind user, client web\n +issued +token j1, for reports, key prod-a\n +decision +passed on; the service responded with 403/,
    )
    expect(text).toContain('07:00:01.040  reports (service, production)')
    expect(text).toMatch(/credential +signature good: kind user, key prod-a, token j1/)
    expect(text).toMatch(/rule failed +needs all of export:reports\n +caller has +read:reports/)
    expect(text).toContain('insufficient_rights: the token is good, and the policy does not pass it')
    expect(text).toContain('→ if the caller is to have the right: give it at Auth0')
  })

  it('tells attempts under one id apart, the oldest first', () => {
    const again = { ...SERVICE, ts: at('09.000'), trace_id: 'b'.repeat(32), reason: 'expired', status: 401 }
    const { attempts, advice } = report(again, SERVICE, GATEWAY)
    expect(attempts.map(({ reason }) => reason)).toEqual(['insufficient_rights', 'expired'])
    expect(advice.map(({ reason }) => reason)).toEqual(['insufficient_rights', 'expired'])
    expect(shown(again, SERVICE)).toContain(`Request ${ID}, attempt 2 of 2`)
  })

  it('says that a service wrote no line', () => {
    expect(shown(GATEWAY)).toContain('No line of the service is among them.')
    expect(shown(GATEWAY)).toContain('denied with 403, what is behind gateway said so')
    expect(shown(GATEWAY, SERVICE)).not.toContain('No line of the service')
  })

  it('says that everybody granted', () => {
    const lines = [
      { ...GATEWAY, status: 200, level: 'debug', decision: 'granted' },
      { ...SERVICE, decision: 'granted', reason: undefined, status: undefined, level: 'debug' },
    ]
    const { attempts, advice } = report(...lines)
    expect([attempts[0]?.outcome, advice]).toEqual(['granted', []])
  })

  it('tells of faults around that time, with what to do, and of no others', () => {
    const fault = {
      ts: at('00.500'),
      level: 'error',
      event: 'jwks_failed',
      schema: 1,
      service: 'reports',
      detail: 'got 500',
    }
    const old = { ...fault, ts: '2026-11-28T05:00:00.000Z', detail: 'long ago' }
    const notice = { ...fault, level: 'warn', event: 'unknown_variable' }
    const { around } = report(
      { ...SERVICE, reason: 'keys_unavailable', status: 503, decision: 'failed' },
      fault,
      old,
      notice,
    )
    expect(around).toMatchObject([
      { line: fault, todo: expect.stringContaining('sealgate doctor') as string },
    ])
  })
})

describe('a credential', () => {
  it.each([
    [
      'no token came',
      { reason: 'no_credentials', status: 401, kid: undefined, kind: undefined, jti: undefined },
    ],
    [
      'a token that names the key evil; nothing else in it counts',
      { reason: 'bad_signature', kid: 'evil', kind: undefined, jti: undefined },
    ],
    [
      'not good, so nothing in it counts',
      { reason: 'malformed', status: 401, kid: undefined, kind: undefined, jti: undefined },
    ],
    ['what came is not one bearer token', { reason: 'malformed_credentials', status: 400 }],
  ])('%s', (text, fields) => {
    expect(shown({ ...SERVICE, ...fields })).toMatch(new RegExp(`credential +${text}`))
  })
})

describe('what to do', () => {
  it.each<[string, object, advice: string]>([
    [
      'at the gateway, where the token is Auth0’s',
      { ...GATEWAY, decision: 'denied', status: 401, reason: 'invalid_token', detail: 'wrong_audience' },
      'AUTH0_AUDIENCE',
    ],
    [
      'at the gateway, where a changed token has a key of Auth0’s',
      { ...GATEWAY, decision: 'denied', status: 401, reason: 'invalid_token', detail: 'bad_signature' },
      'as it got it',
    ],
    ['in a service, where it is ours', { ...SERVICE, reason: 'wrong_audience', status: 401 }, 'delegates'],
    [
      'of an entrypoint, which gets ours',
      {
        ...GATEWAY,
        event: 'denied_call',
        entrypoint: 'Exchange.delegate',
        decision: 'denied',
        status: 401,
        reason: 'invalid_token',
        detail: 'wrong_audience',
      },
      'delegates',
    ],
    [
      'by the error, when the detail is a sentence',
      { ...GATEWAY, decision: 'denied', status: 429, reason: 'rate_limited', detail: 'the address expired' },
      'Retry-After',
    ],
    [
      'of a fault',
      {
        ...SERVICE,
        event: 'request_failed',
        level: 'error',
        decision: undefined,
        status: 500,
        reason: 'ERR_CONFIG',
        detail: 'JWT_AUD is not set',
      },
      'do what the message says',
    ],
  ])('is said %s', (_, line, advice) => {
    expect(report(line).advice[0]?.todo).toContain(advice)
  })

  it.each(['constructor', '__proto__', 'toString', 'unheard_of'])(
    'is nothing for the reason %s',
    (reason) => {
      expect(report({ ...SERVICE, reason, detail: reason }).advice).toEqual([])
      expect(report({ ...GATEWAY, decision: 'denied', reason, detail: reason }).advice).toEqual([])
    },
  )
})

it('no text of a line moves the cursor, or passes for another line', () => {
  const hostile = '\u001b[2J\n  07:00:00.000  gateway\r\u202e\u0007'
  const fields = {
    service: hostile,
    reason: hostile,
    detail: hostile,
    rule: hostile,
    held: hostile,
    kid: hostile,
    env: hostile,
  }
  const fault = { ts: at('00.500'), level: 'error', event: 'jwks_failed', schema: 1, ...fields }
  const text = render(
    report({ ...SERVICE, ...fields, ts: hostile }, { ...SERVICE, ...fields }, fault),
    (_, one) => one,
  )
  expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  expect(text.split('\n').filter((line) => line.startsWith('  07:00:00.000  gateway'))).toEqual([])
})

it('what is missing is said: dropped lines, other schemas, broken records', () => {
  const gathered = new Gathered(ID)
  for (const line of [
    SERVICE,
    { ...SERVICE, schema: 2 },
    JSON.stringify({ ...SERVICE, status: 401 }),
    { ...SERVICE, request_id: undefined, event: 'lines_dropped', dropped: 1 },
  ]) {
    gathered.addRecord(line)
  }
  const text = render(
    reportOf(ID, gathered, { ...PLACE, unreadable: { text: 3, broken: 2, tooLong: 1 } }),
    (_, one) => one,
  )
  expect(text).toContain('1 line not written, because there were too many in a second')
  expect(text).toContain('1 line skipped: of the schema 2')
  expect(text).toContain('3 records skipped')
  expect(text).toContain('1 line came as text')
})

it('of an id that came more than once it says that others can send it too', () => {
  const said = 'The id came more than once.'
  expect(shown(GATEWAY, SERVICE)).not.toContain(said)
  expect(shown(GATEWAY, SERVICE, { ...GATEWAY, status: 200, sub_hash: 'other' })).toContain(said)
  expect(shown(GATEWAY, SERVICE, { ...SERVICE, trace_id: 'another' })).toContain(said)
})

it('of an id that nobody logged it says where it looked, how long lines are kept, and what LOG_LEVEL shows', () => {
  const gathered = new Gathered('another-id')
  for (const record of [SERVICE, { ...SERVICE, ts: at('30.000') }, 'text']) gathered.addRecord(record)
  const text = renderUnknown(reportOf('another-id', gathered, PLACE)).replaceAll('\n', ' ')
  expect(text).toContain('Nothing was logged of request another-id.')
  expect(text).toContain(
    `Looked in a file: 2 lines, from ${at('01.040')} to ${at('30.000')}, and 1 not of kit or gateway. For a day.`,
  )
  expect(text).toContain('LOG_LEVEL=debug')
})
