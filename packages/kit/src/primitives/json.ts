/** Parses JSON; `undefined` for anything that is not. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses a JSON object; `null` for anything else, arrays and invalid JSON included. */
export function parseJsonObject(text: string | null): Record<string, unknown> | null {
  const value = parseJson(text ?? '')
  return isObject(value) ? value : null
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for an object that JSON gives back as it is: a literal, or one without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value) || typeof value.toJSON === 'function') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
