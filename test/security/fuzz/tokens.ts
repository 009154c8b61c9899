import fc from 'fast-check'

/** What a fuzzer does to a token. Applied in order. */
export type Mutation =
  | { readonly kind: 'replace'; readonly at: number; readonly by: string }
  | { readonly kind: 'insert'; readonly at: number; readonly by: string }
  | { readonly kind: 'delete'; readonly at: number }
  | { readonly kind: 'swap'; readonly order: readonly number[] }

/** How a token is made before it is mutated: its signature is good, whatever is in it. */
export interface Recipe {
  /** The header's text, and how it is written in base64url. */
  readonly header: string
  readonly payload: string
  /** Bits that canonical base64url leaves zero. */
  readonly trailingBits: 0 | 1
  readonly padding: boolean
  readonly mutations: readonly Mutation[]
}

export const NOW = 1_800_000_000
export const ISSUER = 'https://issuer.test'
export const AUDIENCE = 'reports'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const character = fc.constantFrom(
  ...ALPHABET.split(''),
  ...['=', '+', '/', '.', '\n', ' ', '\u0000', 'é', '"', '%'],
)
/** A place in a token, as a share of its length. Even: `fc.double` would nearly always give the first character. */
const at = fc.integer({ min: 0, max: 1023 }).map((step) => step / 1024)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('replace' as const), at, by: character }),
  fc.record({ kind: fc.constant('insert' as const), at, by: character }),
  fc.record({ kind: fc.constant('delete' as const), at }),
  fc.record({
    kind: fc.constant('swap' as const),
    order: fc.constantFrom([1, 0, 2], [2, 1, 0], [0, 1], [0, 1, 2, 2], [0, 1, 2, 3]),
  }),
)

/** A value that a claim or header member may have, or should not. */
const oddity = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', '1', [], {}, ['a'], [[]], { a: 1 }, 'reports', NOW),
  fc.jsonValue({ maxDepth: 1 }),
)

function members(base: Readonly<Record<string, unknown>>, names: readonly string[]): fc.Arbitrary<string> {
  const changes = fc.array(fc.tuple(fc.constantFrom(...names), oddity, fc.boolean()), { maxLength: 2 })
  const written = fc.record({ changes, space: fc.constantFrom('', ' ', '\n'), twice: fc.boolean() })
  return written.map(({ changes: list, space, twice }) => {
    const object: Record<string, unknown> = { ...base }
    for (const [name, value, isGone] of list) {
      if (isGone) Reflect.deleteProperty(object, name)
      else object[name] = value
    }
    const text = JSON.stringify(object)
    // A member that comes twice: parsers take the last, or the first, or reject.
    const [first = ''] = Object.keys(object)
    const doubled =
      twice && first !== '' && list.length > 1
        ? `{${JSON.stringify(first)}:${JSON.stringify(list[0]?.[1])},${text.slice(1)}`
        : text
    return `${space}${doubled}`
  })
}

/** Recipes for one algorithm. About one in four returns a token that is good. */
export function recipes(alg: string, kid: string): fc.Arbitrary<Recipe> {
  const header = members({ alg, typ: 'JWT', kid }, ['alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'jku', 'x5c'])
  const payload = members({ iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: NOW, exp: NOW + 300 }, [
    'iss',
    'aud',
    'sub',
    'iat',
    'exp',
    'nbf',
    'jti',
    'act',
    'kind',
    'req',
    'permissions',
  ])
  return fc.record({
    header,
    payload,
    trailingBits: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0 as const) },
      { weight: 1, arbitrary: fc.constant(1 as const) },
    ),
    padding: fc.oneof(
      { weight: 19, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    mutations: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }) },
    ),
  })
}

/** Signs the bytes of a signing input. */
export type Sign = (input: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>

export async function cook(recipe: Recipe, sign: Sign): Promise<string> {
  const encoder = new TextEncoder()
  const parts = [recipe.header, recipe.payload].map((text) => encode(encoder.encode(text), recipe))
  const input = parts.join('.')
  const signature = encode(await sign(new Uint8Array(encoder.encode(input))), recipe)
  return recipe.mutations.reduce(mutate, `${input}.${signature}`)
}

function encode(bytes: Uint8Array, { trailingBits, padding }: Recipe): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
  const bare = text.replaceAll('=', '')
  const last = ALPHABET.indexOf(bare.at(-1) ?? 'A')
  const odd =
    trailingBits === 1 && bare.length % 4 !== 0 ? bare.slice(0, -1) + (ALPHABET[last ^ 1] ?? '') : bare
  return padding ? odd + '='.repeat((4 - (odd.length % 4)) % 4) : odd
}

function mutate(token: string, change: Mutation): string {
  if (change.kind === 'swap') {
    const parts = token.split('.')
    return change.order.map((index) => parts[index] ?? '').join('.')
  }
  const index = Math.floor(change.at * token.length)
  const rest = token.slice(change.kind === 'insert' ? index : index + 1)
  return token.slice(0, index) + (change.kind === 'delete' ? '' : change.by) + rest
}
