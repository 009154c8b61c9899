import type { Decision } from '../http/decision.ts'
import { ConfigError } from '../errors.ts'
import { Kit } from '../kit/kit.ts'
import { isPolicy, type Policy } from '../policy/builder.ts'

/** How {@link AuthAgent} checks. Nothing here can switch a check off. */
export interface AuthAgentOptions {
  /** The kit to use. Default: `makeKit(env)` with the environment of the Durable Object. */
  readonly kit?: Kit
  /** What a caller must satisfy on each upgrade and each request. Default: any verified caller that is not anonymous. */
  readonly policy?: Policy
  /** Name of a query parameter that may carry the token of an upgrade. Default: none may. */
  readonly query?: string
  /**
   * Whether the Worker in front sets the `props` of `routeAgentRequest`. They come in a header that a client could send
   * as well, so `onStart` gets none unless this is `true`. Default `false`.
   */
  readonly trustProps?: boolean
  /** Receives each decision, for logs. */
  readonly onDecision?: (decision: Decision) => void
}

/** How {@link OwnedAgent} checks. */
export interface OwnedAgentOptions extends AuthAgentOptions {
  /**
   * The owner's `sub`, from the name of the Agent. Names come from URLs as they are, percent-encoding and all.
   * `undefined` or an empty string: no owner, and so nobody passes. Default: only `setOwner` makes an owner.
   */
  readonly ownerOf?: (name: string) => string | undefined
}

type Check = readonly [words: string, test: (value: unknown) => boolean]

const isFunction = (value: unknown): boolean => typeof value === 'function'

const AUTH_OPTIONS: Readonly<Record<keyof AuthAgentOptions, Check>> = {
  kit: ['a kit, made by makeKit or createKit', (value) => value instanceof Kit],
  policy: ['a policy', isPolicy],
  query: ['the name of a query parameter', (value) => typeof value === 'string' && value !== ''],
  trustProps: ['true or false', (value) => typeof value === 'boolean'],
  onDecision: ['a function', isFunction],
}

const OWNED_OPTIONS: Readonly<Record<keyof OwnedAgentOptions, Check>> = {
  ...AUTH_OPTIONS,
  ownerOf: ['a function of the name', isFunction],
}

/**
 * Rejects options that do not mean what they seem to: an unknown name, and a value that is there but wrong. A policy
 * that is `undefined` because its import failed must not become "any verified caller".
 *
 * @throws ConfigError naming the option
 */
export function checkAgentOptions(mixin: 'AuthAgent' | 'OwnedAgent', options: object): void {
  const known = new Map<string, Check>(Object.entries(mixin === 'OwnedAgent' ? OWNED_OPTIONS : AUTH_OPTIONS))
  for (const [name, value] of Object.entries(options)) {
    const check = known.get(name)
    if (!check) {
      throw new ConfigError(`${mixin} has no option ${name}; it takes ${[...known.keys()].join(', ')}`)
    }
    const [words, test] = check
    if (!test(value)) throw new ConfigError(`${mixin}: the option ${name} must be ${words}`)
  }
}

/**
 * The query parameter that the mixins of one Agent agree on; `undefined` when none names one.
 *
 * @throws ConfigError when they differ
 */
export function agreedQuery(all: readonly AuthAgentOptions[]): string | undefined {
  const [query, ...others] = new Set(all.flatMap((options) => options.query ?? []))
  if (others.length > 0) throw new ConfigError('the mixins of one Agent differ in the option query')
  return query
}
