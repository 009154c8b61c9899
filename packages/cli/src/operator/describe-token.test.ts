import { describe, expect, it } from 'vitest'
import { bareToken, describeReport, describeUnverified, readUnverified } from './describe-token.ts'

const NOW = Date.UTC(2026, 10, 28) / 1000

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const view = (payload: object, header: object = { alg: 'EdDSA', kid: 'a' }): string =>
  describeUnverified(readUnverified(`${encode(header)}.${encode(payload)}.AA`), NOW).join('\n')

describe('the unverified view', () => {
  it('begins by saying that nothing was checked, and has the claims that decide', () => {
    expect(
      view({
        sub: 'auth0|ada',
        iss: 'i',
        aud: ['a', 'b'],
        permissions: ['x'],
        iat: NOW - 90,
        exp: NOW + 5400,
      }),
    ).toBe(
      [
        'Unverified: what the token says of itself.',
        '  header       alg EdDSA, kid a',
        '  iss          i',
        '  sub          auth0|ada',
        '  aud          ["a","b"]',
        '  permissions  ["x"]',
        '  iat          2026-11-27T23:58:30Z, 90 s ago',
        '  exp          2026-11-28T01:30:00Z, in 90 min',
      ].join('\n'),
    )
  })

  it('lets no token move the cursor or colour the terminal', () => {
    const text = view(
      { sub: 'a\u001b[2Jb\r\nc', jti: 'd\u009bm' },
      {
        alg: 'x\u0007',
        typ: '\u001b]0;t',
        '\u001b[2J\u001b[Hproduction takes it.': 1,
      },
    )
    // Lines are ours.
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(text).toContain('a�[2Jb��c')
  })

  it.each([NaN, 1e300, 'soon', null])('takes any time: %s', (exp) => {
    expect(() => view({ exp })).not.toThrow()
  })

  it('takes a token as it is copied', () => {
    expect(['Bearer a.b.c', 'bearer  a.b.c\n', ' a.b.c'].map(bareToken)).toEqual(['a.b.c', 'a.b.c', 'a.b.c'])
  })

  it('says what is no token, and does not quote it', () => {
    expect(() => readUnverified('canary')).toThrow(/^malformed: not three segments$/)
  })
})

describe('what a deployment says', () => {
  it('is the verdict first, then each rule, the slot and the version', () => {
    const lines = describeReport('production', {
      issued: 'here',
      ok: false,
      reason: 'expired',
      detail: 'exp has passed',
      rules: [
        { rule: 'signature', passed: true },
        { rule: 'time', passed: false, detail: 'exp has passed' },
        { rule: 'revocation', passed: null, detail: 'there is no deny-list' },
      ],
      key: { name: 'SLOT_A', kid: 'a', state: 'previous', thumbprint: 't' },
      version: { id: 'v-1', tag: 'release' },
    })
    expect(lines).toEqual([
      'production rejects it: expired, exp has passed.',
      '  issued       by this gateway',
      '  signature    ✓',
      '  time         ✗ exp has passed',
      '  revocation   – there is no deny-list',
      '  slot         SLOT_A, previous',
      '  thumbprint   t',
      '  version      v-1 release',
    ])
  })

  it('has for a token of Auth0 what the exchange grants for each audience', () => {
    const exchange = [
      { audience: 'reports', ok: true, permissions: ['read', 'write'], roles: [] },
      { audience: 'admin', ok: false, rejection: 'scope_not_held' as const },
    ]
    expect(describeReport('dev', { issued: 'auth0', ok: true, rules: [], exchange })).toEqual([
      'dev takes it.',
      '  issued       by Auth0',
      '  → reports    permissions read write; roles none',
      '  → admin      ✗ scope_not_held',
    ])
  })
})
