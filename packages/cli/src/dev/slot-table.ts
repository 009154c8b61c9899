/** A signing slot, as the gateway describes it in development. */
export interface Slot {
  readonly name: string
  readonly kid?: string
  readonly state: 'signing' | 'next' | 'previous' | 'withdrawn' | 'skipped'
  /** Seconds since the epoch. */
  readonly nbf?: number
  readonly problem?: string
}

/** The slots as lines of text, and what to overwrite at the next rotation. */
export function describeSlots(slots: readonly Slot[]): string {
  const rows = slots.map((slot) => [nameOf(slot), slot.kid ?? '-', stateOf(slot)])
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map(([name = '', kid = '', state = '']) =>
    [name.padEnd(widths[0] ?? 0), kid.padEnd(widths[1] ?? 0), state].join('  '),
  )
  return [...lines, '', adviceFor(slots)].join('\n')
}

function adviceFor(slots: readonly Slot[]): string {
  const next = slots.find(({ state }) => state === 'next')
  if (next) return `Overwrite nothing now: ${nameOf(next)} is announced and does not sign yet.`
  const spare = slots.find(({ state }) => state !== 'signing')
  return spare
    ? `Overwrite next: ${nameOf(spare)}`
    : 'Every slot signs or none is there: name two in JWT_PRIVATE_JWK_NAME to rotate.'
}

function stateOf({ state, nbf, problem }: Slot): string {
  const at = nbf === undefined ? '' : new Date(nbf * 1000).toISOString().replace('.000Z', 'Z')
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

/** The gateway adds which variable named it. */
function nameOf({ name }: Slot): string {
  return name.replace(/ .*/, '')
}
