/** One letter too many, too few or wrong, or two neighbours exchanged. */
export function isNearMiss(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length)
  let start = 0
  while (start < length && one[start] === other[start]) start++
  let end = 0
  while (end < length - start && one.at(-1 - end) === other.at(-1 - end)) end++
  const [left, right] = [one.slice(start, one.length - end), other.slice(start, other.length - end)]
  return (
    Math.max(left.length, right.length) < 2 ||
    (left.length === 2 && left[0] === right[1] && left[1] === right[0] && right.length === 2)
  )
}
