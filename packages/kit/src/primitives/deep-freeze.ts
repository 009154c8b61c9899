/** Freezes a JSON value through and through: what a cache shares, nobody may change. */
export function deepFreeze<T extends object>(value: T): T {
  if (Array.isArray(value)) {
    for (const member of value as readonly unknown[]) freezeMember(member)
  } else {
    for (const name in value) freezeMember(value[name])
  }
  return Object.freeze(value)
}

function freezeMember(member: unknown): void {
  if (typeof member === 'object' && member !== null) deepFreeze(member)
}
