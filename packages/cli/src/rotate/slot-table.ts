import { formatTime, secretOf, type Slot } from './key-slots.ts'

/** The slots as lines of text, and what to overwrite at the next rotation. */
export function describeSlots(slots: readonly Slot[]): string {
  const rows = slots.map((slot) => [secretOf(slot), slot.kid ?? '-', stateOf(slot)])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map(([name = '', kid = '', state = '']) =>
    [name.padEnd(widths[0] ?? 0), kid.padEnd(widths[1] ?? 0), state].join('  '),
  )
  return [...lines, '', adviceFor(slots)].join('\n')
}

function adviceFor(slots: readonly Slot[]): string {
  const next = slots.find(({ state }) => state === 'next')
  if (next) return `Overwrite nothing now: ${secretOf(next)} is announced and does not sign yet.`
  const spare = slots.find(({ state }) => state !== 'signing')
  return spare
    ? `Overwrite next: ${secretOf(spare)}`
    : 'Every slot signs or none is there: name two in JWT_PRIVATE_JWK_NAME to rotate.'
}

function stateOf({ state, nbf, problem }: Slot): string {
  const at = nbf === undefined ? '' : formatTime(nbf)
  switch (state) {
    case 'signing':
      return nbf === undefined || nbf === 0 ? 'signs' : `signs since ${at}`
    case 'next':
      return `announced, signs from ${at}`
    case 'previous':
      return 'published, does not sign'
    case 'withdrawn':
      return 'withdrawn'
    case 'skipped':
      return `skipped: ${problem ?? 'it is not usable'}`
  }
}
