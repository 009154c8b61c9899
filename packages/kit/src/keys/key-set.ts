/** A key as a set of keys sees it. */
export interface SetKey {
  readonly kid: string | undefined
  /** The `alg` header values that it accepts. */
  readonly algs: readonly string[]
  /** The members that make the key, as in its RFC 7638 thumbprint: equal for equal keys, whatever else their JWKs say. */
  readonly material: string
}

export type KeySet<Key> = ReadonlyMap<string, readonly Key[]>

/** Equal for keys that are the same in every way that matters. */
export function identityOf({ kid, algs, material }: SetKey): string {
  return JSON.stringify([kid, algs, material])
}

/**
 * The keys of a set by `kid`. One rule, for keys in the configuration, in a gateway's JWKS and of other issuers: equal keys
 * count once; of different keys that accept one algorithm under one `kid` none is used, because nothing tells them apart.
 *
 * @param algorithms those that count; whatever else a key accepts makes no other ambiguous. Default: all
 */
export function keysByKid<Key extends SetKey>(
  keys: Iterable<Key>,
  algorithms?: ReadonlySet<string>,
): { readonly usable: KeySet<Key>; readonly ambiguous: readonly Key[] } {
  const groups = new Map<string, Map<string, Key>>()
  for (const key of keys) {
    if (key.kid === undefined) continue
    const group = groups.get(key.kid) ?? new Map<string, Key>()
    groups.set(key.kid, group.set(identityOf(key), key))
  }
  const usable = new Map<string, readonly Key[]>()
  const ambiguous: Key[] = []
  for (const [kid, group] of groups) {
    const shared = sharedAlgs(group.values(), algorithms)
    const clear: Key[] = []
    for (const key of group.values()) (key.algs.some((alg) => shared.has(alg)) ? ambiguous : clear).push(key)
    if (clear.length > 0) usable.set(kid, clear)
  }
  return { usable, ambiguous }
}

/** The algorithms that several different keys accept. */
function sharedAlgs(
  keys: Iterable<SetKey>,
  algorithms: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  const first = new Map<string, string>()
  const shared = new Set<string>()
  for (const { algs, material } of keys) {
    for (const alg of algs) {
      if (algorithms?.has(alg) === false) continue
      const other = first.get(alg)
      if (other === undefined) first.set(alg, material)
      else if (other !== material) shared.add(alg)
    }
  }
  return shared
}
