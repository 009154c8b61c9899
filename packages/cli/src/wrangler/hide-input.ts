import { isObject, parseJson } from '@sealgate/kit/gateway'

/** What is shorter is no secret, and would be found in words. Characters. */
const MIN_LENGTH = 8

interface Hidden {
  readonly value: string
  /** What stands in its place. */
  readonly shown: string
}

/**
 * What wrangler said, without what it got on stdin: a secret, or a JSON object of secrets. The members of one that is JSON
 * itself are hidden one by one, and each value as JSON within JSON too, because a request is quoted so.
 */
export function hideInput(text: string, stdin: string): string {
  const spellings = secretsIn(stdin.trim(), '…').flatMap(({ value, shown }) =>
    [value, escaped(value), escaped(escaped(value))].map((spelling) => ({ value: spelling, shown })),
  )
  // The longest first: what is a part of another would leave the rest of it.
  return spellings
    .sort((one, other) => other.value.length - one.value.length)
    .reduce((said, { value, shown }) => said.replaceAll(value, () => shown), text)
}

function secretsIn(value: unknown, shown: string): readonly Hidden[] {
  if (typeof value === 'string') {
    const own = value.length < MIN_LENGTH ? [] : [{ value, shown }]
    return [...own, ...membersOf(parseJson(value), shown)]
  }
  return membersOf(value, shown)
}

function membersOf(value: unknown, shown: string): readonly Hidden[] {
  if (Array.isArray(value)) return value.flatMap((one) => secretsIn(one, shown))
  // By the name of the secret, not of what is in it.
  const nameOf = (name: string): string => (shown === '…' ? `<${name}>` : shown)
  return isObject(value)
    ? Object.entries(value).flatMap(([name, member]) => secretsIn(member, nameOf(name)))
    : []
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
