import { SECRET_MAX_STALE_SECONDS, SECRET_TTL_SECONDS } from '../constants.ts'
import { ConfigError, KeysUnavailableError } from '../errors.ts'
import type { Report } from '../primitives/events.ts'
import { isObject } from '../primitives/json.ts'
import { StaleWhileRevalidate } from '../primitives/stale-while-revalidate.ts'
import type { NamedText } from './signing-slots.ts'

/** A value that a person configured, and the name to use for it in messages. */
export type NamedValue =
  | { readonly name: string; readonly value: unknown }
  /** Read when needed, and again every minute (Secrets Store). */
  | { readonly name: string; readonly binding: ReadableBinding }

/** A binding of the Secrets Store. */
export interface ReadableBinding {
  get(): Promise<unknown>
}

/** Returns what was built from configured values, as they are now. Synchronous when nothing has to be read. */
export type LazyBinding<T> = () => T | Promise<T>

export function isReadable(value: unknown): value is ReadableBinding {
  return isObject(value) && typeof value.get === 'function'
}

/**
 * Builds something from configured values. Values that are there already are built into it at once, and what
 * is wrong with them is thrown at once. Secrets Store values are read at first use and every minute after;
 * while the store is down the last good ones serve five minutes more. Unchanged values keep the built object.
 *
 * @throws ConfigError from `build`
 */
export function lazyBinding<T extends object>(
  values: readonly NamedValue[],
  build: (texts: readonly NamedText[]) => T,
  { now, onEvent }: { readonly now: () => number; readonly onEvent: Report },
): LazyBinding<T> {
  const inline = values.map((entry) =>
    'value' in entry ? { name: entry.name, text: entry.value } : undefined,
  )
  if (inline.every((entry) => entry !== undefined)) {
    const built = build(inline)
    return () => built
  }
  let last: { readonly texts: readonly NamedText[]; readonly built: T } | undefined
  const refreshing = new StaleWhileRevalidate<T>({
    load: async () => {
      const texts = await Promise.all(values.map(readText))
      if (!last?.texts.every(({ text }, index) => text === texts[index]?.text))
        last = { texts, built: build(texts) }
      return last.built
    },
    ttlSeconds: SECRET_TTL_SECONDS,
    earlySeconds: SECRET_TTL_SECONDS / 10,
    maxStaleSeconds: SECRET_MAX_STALE_SECONDS,
    now,
    onFailure: (detail) => {
      const name = values.map((value) => value.name).join(', ')
      onEvent({ event: 'secret_failed', level: 'error', name, detail })
    },
  })
  return () => {
    try {
      const current = refreshing.get()
      return current instanceof Promise ? current.catch(asConfigError) : current
    } catch (error) {
      return asConfigError(error)
    }
  }
}

async function readText(entry: NamedValue): Promise<NamedText> {
  const { name } = entry
  if ('value' in entry) return { name, text: entry.value }
  let text: unknown
  try {
    text = await entry.binding.get()
  } catch (cause) {
    throw new ConfigError(`${name} could not be read from its binding: does the secret exist in the store?`, {
      cause,
    })
  }
  if (typeof text !== 'string')
    throw new ConfigError(`${name} gave no text when read: it must be a Secrets Store binding`)
  return { name, text }
}

/** A secret that cannot be read at all is a matter of configuration, and says so. */
function asConfigError(error: unknown): never {
  throw error instanceof KeysUnavailableError && error.cause instanceof ConfigError ? error.cause : error
}
