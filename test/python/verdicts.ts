import { createKit, generateSecret, type Kit, policy, type Policy } from '@sealgate/kit'
import { keygen } from 'sealgate/internal'
import { type CorpusKeys, corpus, ISSUER } from './corpus.ts'

/** Carries out an order of `judge.py`, wherever Python runs. */
export type Judge = (order: object) => Promise<unknown>

const now = Math.floor(Date.now() / 1000)
export const EXPECTED = { issuer: ISSUER, audience: 'reports', now }
const CONFIG = { issuer: ISSUER, audience: 'reports', now: () => now }

/** By the name of each token: claims, or the reason of the rejection. */
export type Verdicts = Readonly<Record<string, unknown>>

/** What the kit says about the corpus, and what Python says. */
export async function verdictsOf(
  judge: Judge,
  mode: 'EdDSA' | 'HS512',
  good?: Readonly<Record<string, unknown>>,
): Promise<{ readonly byKit: Verdicts; readonly byPython: Verdicts }> {
  const { keys, kit, trust } = mode === 'EdDSA' ? await withKeys(good) : withSecret()
  const tokens = await corpus(keys, now)
  const named = (verdicts: unknown): Verdicts =>
    Object.fromEntries([...tokens.keys()].map((name, index) => [name, (verdicts as unknown[])[index]]))
  return {
    byKit: named(await judgeByKit(kit, tokens.values())),
    byPython: named(
      await judge({ do: 'tokens', tokens: [...tokens.values()], expected: EXPECTED, ...trust }),
    ),
  }
}

interface Mode {
  readonly keys: CorpusKeys
  readonly kit: Kit
  readonly trust: object
}

async function withKeys(given?: Readonly<Record<string, unknown>>): Promise<Mode> {
  const make = (kid: string): Record<string, unknown> =>
    JSON.parse(keygen(`--kid=${kid}`, '--private')) as Record<string, unknown>
  const good = given ?? make('slot-b')
  const jwks = await createKit({ ...CONFIG, sign: { privateJwk: good } }).jwks()
  return {
    keys: { good, stranger: make('slot-b'), alg: 'EdDSA' },
    kit: createKit({ ...CONFIG, verify: { publicJwk: jwks } }),
    trust: { jwks },
  }
}

function withSecret(): Mode {
  const secret = generateSecret()
  const jwk = (k: string): Record<string, unknown> => ({ kty: 'oct', alg: 'HS512', kid: 'shared', k })
  return {
    keys: { good: jwk(secret), stranger: jwk(generateSecret()), alg: 'HS512' },
    kit: createKit({ ...CONFIG, verify: { secret } }),
    trust: { secret },
  }
}

async function judgeByKit(kit: Kit, tokens: Iterable<string>): Promise<unknown[]> {
  const verdicts: unknown[] = []
  for (const token of tokens) {
    const result = await kit.safeVerify(token)
    verdicts.push(result.ok ? result.claims : result.reason)
  }
  return verdicts
}

/** A policy as `judge.py` reads it: `[['need_all', 'a'], ['not_', [['kind', 'machine']]]]`. */
type Spec = readonly (readonly [method: string, ...arguments: readonly (string | Spec)[]])[]

const SPECS: readonly Spec[] = [
  [],
  [['need_all', 'read:reports']],
  [['need_all', 'read:reports', 'export:reports']],
  [['need_any', 'read:reports', 'export:reports']],
  [['roles_all', 'analyst', 'admin']],
  [['roles_any', 'analyst', 'admin']],
  [['kind', 'user', 'agent']],
  [['owner', 'ada']],
  [['owner', '']],
  [['actor', 'gateway']],
  [
    ['need_all', 'read:reports'],
    ['roles_any', 'admin'],
  ],
  [['any_of', [['owner', 'ada']], [['roles_any', 'admin']]]],
  [['not_', [['kind', 'machine']]]],
  [['not_', [['need_all', 'read:reports']]]],
  [['not_', [['any_of', [['roles_any', 'admin']], [['need_any', 'read:reports']]]]]],
  [
    [
      'not_',
      [
        ['kind', 'user'],
        ['roles_all', 'admin'],
      ],
    ],
  ],
]

const CALLER = { iss: ISSUER, aud: 'reports', sub: 'ada', iat: now, exp: now + 900 }
const CALLERS: readonly Readonly<Record<string, unknown>>[] = [
  CALLER,
  { ...CALLER, kind: 'user', permissions: ['read:reports'], roles: ['analyst'] },
  { ...CALLER, kind: 'user', permissions: ['read:reports', 'export:reports'], roles: ['analyst', 'admin'] },
  { ...CALLER, kind: 'machine', scope: 'read:reports export:reports' },
  { ...CALLER, kind: 'agent', scp: ['read:reports'] },
  { ...CALLER, kind: 'anonymous', scp: 'read:reports  export:reports' },
  { ...CALLER, permissions: 'read:reports', roles: 'admin' },
  { ...CALLER, permissions: ['read:reports', 7], roles: [null] },
  { ...CALLER, permissions: null, scope: 'read:reports', roles: {} },
  { ...CALLER, permissions: [], scope: 'read:reports' },
  { ...CALLER, scope: 7, scp: ['read:reports'] },
  { ...CALLER, sub: 'eve', act: { iss: ISSUER, sub: 'gateway' } },
  { ...CALLER, sub: 'eve', act: { iss: 'https://other.internal', sub: 'gateway' } },
  { ...CALLER, sub: 'eve', act: { sub: 'gateway' } },
]

/** The rules that failed, by policy and caller: what the kit says, and what Python says. */
export async function policiesOf(
  judge: Judge,
): Promise<{ readonly byKit: unknown; readonly byPython: unknown }> {
  const byKit = SPECS.map((spec) =>
    Promise.all(
      CALLERS.map(async (claims) => {
        const { rules } = await makePolicy(spec).explain(claims as never)
        const failed = rules.filter(({ outcome }) => outcome === 'fail').map(({ rule }) => rule)
        // Python decides about anonymous callers before it looks at rules, as the kit does.
        return failed.filter((rule) => rule !== 'is not anonymous')
      }),
    ),
  )
  return {
    byKit: await Promise.all(byKit),
    byPython: await judge({ do: 'policies', policies: SPECS, callers: CALLERS }),
  }
}

function makePolicy(spec: Spec): Policy {
  let made = policy()
  for (const [method, ...parameters] of spec) {
    const name = method.replace(/_$/, '').replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    const values = parameters.map((one) => (typeof one === 'string' ? one : makePolicy(one)))
    made = (made as unknown as Record<string, (...values: unknown[]) => Policy>)[name]?.(...values) ?? made
  }
  return made
}
