import type { TokenReason } from '@sealgate/kit'
import { claimsOf, type Draft, headerOf, LEEWAY, MAX_TTL, seal, type Target, withClaims } from './target.ts'

/** Values that are no number, though some languages make one of them. */
const NO_NUMBERS: readonly unknown[] = [
  null,
  true,
  false,
  '',
  '0',
  '1',
  'NaN',
  '1800000300',
  '1e400',
  [],
  [1_800_000_300],
  {},
  { valueOf: 1 },
]
/** Numbers that JSON can write and that are none: they overflow. */
const NO_FINITE = ['1e400', '-1e400', '1e999']
/** Values that are no name. */
const NO_NAMES: readonly unknown[] = [null, true, 0, 1, [], {}, '']

type Row = readonly [reason: TokenReason, name: string, changes: object]

function drafts(target: Target, attackClass: number, rows: readonly Row[]): readonly Draft[] {
  return rows.map(([reason, name, changes]): Draft => [
    attackClass,
    reason,
    name,
    withClaims(target, changes),
  ])
}

const say = (name: string, value: unknown): string => `${name} ${JSON.stringify(value)}`

/** Writes a claim as it stands: JSON.stringify has no word for numbers that overflow. */
function written(target: Target, name: string, text: string): Promise<string> {
  const claims = JSON.stringify(claimsOf(target, { [name]: undefined }))
  return seal(target, headerOf(target), `${claims.slice(0, -1)},"${name}":${text}}`)
}

/** Classes 21 and 23: times that are none, or lie outside the lifetime of a token. */
export function timeAttacks(target: Target): readonly Draft[] {
  const { now } = target
  const late = now + LEEWAY
  return [
    ...['exp', 'iat', 'nbf'].flatMap((name) => [
      ...drafts(
        target,
        21,
        NO_NUMBERS.map((value): Row => ['invalid_claim', say(name, value), { [name]: value }]),
      ),
      ...NO_FINITE.map((text): Draft => [
        21,
        'invalid_claim',
        `${name} ${text}`,
        written(target, name, text),
      ]),
    ]),
    ...drafts(target, 21, [
      ['invalid_claim', 'exp 0', { exp: 0 }],
      ['invalid_claim', 'exp -1', { exp: -1 }],
      ['invalid_claim', 'exp -1e308', { exp: -1e308 }],
      ['invalid_claim', 'exp = iat', { exp: now }],
      ['invalid_claim', 'exp in minutes', { exp: Math.floor((now + 300) / 60) }],
      ['invalid_claim', 'iat in milliseconds', { iat: now * 1000 }],
      ['issued_in_future', 'iat and exp in milliseconds', { iat: now * 1000, exp: now * 1000 + 300 }],
      ['issued_in_future', 'iat a second past the leeway', { iat: late + 1 }],
      ['issued_in_future', 'iat a moment past the leeway', { iat: late + 0.001 }],
      ['expired', 'exp at the end of the leeway', { iat: now - 300, exp: now - LEEWAY }],
      ['expired', 'exp a day ago', { iat: now - 86_700, exp: now - 86_400 }],
      ['expired', 'exp in 1970', { iat: 0, exp: 1 }],
      ['expired', 'exp before 1970', { iat: -300, exp: -1 }],
      ['not_yet_valid', 'nbf a second past the leeway', { nbf: late + 1 }],
      ['not_yet_valid', 'nbf in milliseconds', { nbf: now * 1000 }],
      ['not_yet_valid', 'nbf 1e308', { nbf: 1e308 }],
      ['not_yet_valid', 'nbf at exp', { nbf: now + 300 }],
    ]),
    ...drafts(target, 23, [
      ['missing_claim', 'no exp', { exp: undefined }],
      ['missing_claim', 'no exp, and an old iat', { exp: undefined, iat: 0 }],
      ['missing_claim', 'no iat', { iat: undefined }],
      ['missing_claim', 'Exp in place of exp', { exp: undefined, Exp: now + 300 }],
      ['missing_claim', 'expires_at in place of exp', { exp: undefined, expires_at: now + 300 }],
      [
        'missing_claim',
        'no claims',
        { iss: undefined, aud: undefined, sub: undefined, exp: undefined, iat: undefined },
      ],
    ]),
  ]
}

/** Classes 24 and 25, and the subject: whom the token is from, for and about. */
export function partyAttacks(target: Target): readonly Draft[] {
  const { issuer, audience } = target
  const wrongAudiences = [
    ...[
      audience.slice(0, -1),
      audience.slice(1),
      `${audience}2`,
      ` ${audience}`,
      `${audience} `,
      `${audience}/`,
    ],
    ...[
      audience.toUpperCase(),
      `${audience},billing`,
      `${audience} billing`,
      `https://${audience}`,
      '*',
      '.*',
    ],
    ...[
      'billing',
      ['billing'],
      ['billing', 'orders'],
      [audience.toUpperCase()],
      [`${audience},`],
      `["${audience}"]`,
      '__proto__',
    ],
  ]
  const invalidAudiences = [
    ...NO_NAMES,
    [null],
    [''],
    [audience, 1],
    [audience, ''],
    [[audience]],
    [{}],
    { [audience]: true },
  ]
  const wrongIssuers = [
    ...[
      `${issuer}/`,
      `${issuer}.evil.example`,
      `${issuer}@evil.example`,
      `${issuer}#`,
      `${issuer}?`,
      ` ${issuer}`,
    ],
    ...[
      `${issuer} `,
      `${issuer}\0`,
      issuer.toUpperCase(),
      issuer.slice(0, -1),
      issuer.replace('https', 'http'),
    ],
    ...[
      issuer.replace('.', '\u3002'),
      issuer.replace('i', '\u0456'),
      encodeURI(`${issuer}%20`),
      '*',
      'self',
      '__proto__',
    ],
  ]
  const invalidIssuers = [...NO_NAMES, [issuer], [issuer, 'https://evil.example'], { issuer }]
  return [
    ...drafts(target, 24, [
      ['missing_claim', 'no aud', { aud: undefined }],
      ...wrongAudiences.map((aud): Row => ['wrong_audience', say('aud', aud), { aud }]),
      ...invalidAudiences.map((aud): Row => ['invalid_claim', say('aud', aud), { aud }]),
    ]),
    ...drafts(target, 25, [
      ['missing_claim', 'no iss', { iss: undefined }],
      ...wrongIssuers.map((iss): Row => ['wrong_issuer', say('iss', iss), { iss }]),
      ...invalidIssuers.map((iss): Row => ['invalid_claim', say('iss', iss), { iss }]),
    ]),
    ...drafts(target, 20, [
      ['missing_claim', 'no sub', { sub: undefined }],
      ['missing_claim', 'SUB in place of sub', { sub: undefined, SUB: 'user-1' }],
      ...[...NO_NAMES, ['user-1']].map((sub): Row => ['invalid_claim', say('sub', sub), { sub }]),
      ...NO_NAMES.map((jti): Row => ['invalid_claim', say('jti', jti), { jti }]),
    ]),
  ]
}

/** Classes 21, 27, 41 and 43: claims that internal tokens alone have. */
export function internalClaimAttacks(target: Target): readonly Draft[] {
  const { now } = target
  const actors = (depth: number): object => ({
    sub: `actor-${depth}`,
    ...(depth > 1 && { act: actors(depth - 1) }),
  })
  const badActors = [
    ...NO_NAMES,
    'gateway',
    { iss: 'a' },
    { sub: '' },
    { sub: 1 },
    { sub: ['a'] },
    { sub: 'a', iss: '' },
    { sub: 'a', iss: 1 },
  ]
  const badLinks = [null, 'a', [], {}, { sub: 'a', act: null }].map((act) => ({ sub: 'gateway', act }))
  return [
    ...drafts(target, 21, [
      ['too_old', 'a lifetime of a second more than the longest', { exp: now + MAX_TTL + 1 }],
      ['too_old', 'a lifetime of a moment more', { exp: now + MAX_TTL + 0.001 }],
      ['too_old', 'exp in milliseconds', { exp: (now + 300) * 1000 }],
      ['too_old', 'exp 1e308', { exp: 1e308 }],
      ['too_old', 'iat 0', { iat: 0 }],
      ['too_old', 'iat -1', { iat: -1 }],
      ['too_old', 'iat in minutes', { iat: Math.floor(now / 60) }],
      ...NO_NUMBERS.map((value): Row => ['invalid_claim', say('auth_iat', value), { auth_iat: value }]),
    ]),
    ...drafts(
      target,
      27,
      [...NO_NAMES, 'robot', 'User', 'user ', 'admin', ['user'], 'constructor'].map((kind): Row => [
        'invalid_claim',
        say('kind', kind),
        { kind },
      ]),
    ),
    ...drafts(target, 41, [
      ...[...badActors, ...badLinks].map((act): Row => ['invalid_claim', say('act', act), { act }]),
      ['invalid_claim', 'six actors', { act: actors(6) }],
      ['invalid_claim', 'a hundred actors', { act: actors(100) }],
    ]),
    ...drafts(
      target,
      20,
      [null, 0, 1, '', 'true', 'false', [], [true], {}].map((value): Row => [
        'invalid_claim',
        say('email_verified', value),
        { email_verified: value },
      ]),
    ),
    ...drafts(
      target,
      20,
      [null, 0, 1, '', 'true', 'false', [], [true], {}].map((value): Row => [
        'invalid_claim',
        say('offline', value),
        { offline: value },
      ]),
    ),
    ...drafts(target, 43, [
      ['request_mismatch', 'bound to a request, and sent without', { req: 'A'.repeat(43) }],
      ...NO_NAMES.map((req): Row => ['invalid_claim', say('req', req), { req }]),
    ]),
  ]
}
