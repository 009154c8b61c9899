import { type Growth, growthOf, MAX_RATIO } from './measure.ts'
import { type Shape, SHAPES } from './hostile.ts'

/** A parser, and how hostile text reaches it. */
export interface Row {
  readonly name: string
  /** The files whose work it is. test/house/linear.test.ts holds them to what reads text. */
  readonly of: readonly string[]
  /** Around the hostile text: each place where it may stand. Default: the text alone. */
  readonly around?: readonly ((hostile: string) => string)[]
  /** Longest text that is looked at. Default: any. */
  readonly maxSize?: number
  /** Default: every shape. */
  readonly shapes?: readonly Shape[]
  /** Makes the input, which may take the runtime its time, and returns what reads it. A rejection is as good as a result. */
  readonly reader: (text: string) => () => unknown
}

export interface Measured extends Growth {
  readonly what: string
}

/** What of a row is not linear, and the worst ratio that it has. */
export async function sweep({
  name,
  around = [(text) => text],
  maxSize,
  shapes = SHAPES,
  reader,
}: Row): Promise<{
  readonly superlinear: readonly Measured[]
  readonly worst: Measured
}> {
  const all: Measured[] = []
  for (const [place, put] of around.entries()) {
    for (const shape of shapes) {
      const growth = await growthOf((size) => {
        const read = reader(put(shape.of(size)))
        return () => attempt(read)
      }, maxSize)
      all.push({ ...growth, what: `${name}, place ${place + 1}: ${shape.name}` })
    }
  }
  const [worst] = [...all].sort((one, other) => other.ratio - one.ratio)
  if (!worst) throw new Error(`${name} has no shape`)
  return { superlinear: all.filter(({ ratio }) => ratio >= MAX_RATIO), worst }
}

/** A reader of the text itself. */
export function reading(read: (text: string) => unknown): Row['reader'] {
  return (text) => () => read(text)
}

function attempt(read: () => unknown): unknown {
  try {
    const outcome = read()
    return outcome instanceof Promise ? outcome.catch(() => undefined) : outcome
  } catch {
    return undefined
  }
}
