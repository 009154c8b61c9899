import { at } from '../candidates/inputs.ts'
import { ROOT } from '../measure/bundle.ts'
import { ColdStarts } from '../measure/cold.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { batchSize } from '../measure/rounds.ts'
import { type Runtime, RUNTIMES } from '../measure/runtime.ts'
import { allSized } from '../parts/sizes.ts'
import { coldWorkers, EMPTY } from '../parts/startup.ts'
import { comparePairs, type Compared, type Side } from './pairs.ts'

/** A bundle before and after a change. */
export interface ComparedSize {
  readonly name: string
  /** Bytes of gzip; `undefined`: it was not there. */
  readonly before: number | undefined
  readonly after: number
  /** The files whose bytes changed, before gzip, the largest change first. */
  readonly files: readonly (readonly [file: string, change: number])[]
}

/** Where each side's code is. */
type Checkouts = Readonly<Record<Side, string>>

const checkoutsOf = (before: string): Checkouts => ({ before, after: ROOT, again: before })
const SIDES: readonly Side[] = ['before', 'after', 'again']

/** Times the kit's own candidates on one runtime; what only one side has is left out. */
export async function compareRuntime(
  fixtures: Fixtures,
  before: string,
  options: {
    readonly runtime: string
    readonly only: string
    readonly pairs: number
    readonly milliseconds: number
  },
): Promise<readonly Compared[]> {
  const start = RUNTIMES[options.runtime]
  if (!start) throw new Error(`there is no runtime ${options.runtime}`)
  const checkouts = checkoutsOf(before)
  const sides = new Map<Side, Runtime>()
  for (const side of SIDES) sides.set(side, await start(fixtures, checkouts[side]))
  try {
    const compared: Compared[] = []
    for (const { title, candidates } of sides.get('before')?.groups ?? []) {
      if (!title.includes(options.only)) continue
      const after = sides.get('after')?.groups.find((group) => group.title === title)
      for (const { name } of candidates) {
        if (!name.startsWith('ours') || !after?.candidates.some((one) => one.name === name)) continue
        const counts: number[] = []
        for (const runtime of sides.values())
          counts.push(await batchSize(runtime, title, name, options.milliseconds))
        const count = Math.max(...counts)
        const time = (side: Side): Promise<number> =>
          sides.get(side)?.time(title, name, count) ?? Promise.resolve(NaN)
        compared.push(await comparePairs(`${title} · ${name}`, options.pairs, time))
      }
    }
    return compared
  } finally {
    await Promise.all([...sides.values()].map((runtime) => runtime.close()))
  }
}

/** Starts Workers cold: CPU time to the first response, the start of workerd itself taken off. */
export async function compareStartup(
  fixtures: Fixtures,
  before: string,
  { only, pairs }: { readonly only: string; readonly pairs: number },
): Promise<readonly Compared[]> {
  const checkouts = checkoutsOf(before)
  const cold = new ColdStarts()
  try {
    const names = new Map<Side, readonly string[]>()
    for (const side of SIDES) {
      const workers = await coldWorkers(fixtures, checkouts[side])
      workers.forEach((worker) => cold.add({ ...worker, name: `${side} ${worker.name}` }))
      names.set(
        side,
        workers.map(({ name }) => name),
      )
    }
    const ours = (names.get('before') ?? []).filter(
      (name) => /^(ours|the gateway)/.test(name) && name.includes(only) && names.get('after')?.includes(name),
    )
    let round = 0
    const time = async (side: Side, name: string): Promise<number> => {
      const { cpu, milliseconds } = await cold.start(`${side} ${name}`, at(fixtures.eddsa, round++))
      return cpu ?? milliseconds
    }
    const compared: Compared[] = []
    for (const name of ours) {
      const each = async (side: Side): Promise<number> => (await time(side, name)) - (await time(side, EMPTY))
      compared.push(await comparePairs(`start-up · ${name}`, pairs, each))
    }
    return compared
  } finally {
    cold.close()
  }
}

/** Bundles on both sides. They are exact: nothing is repeated. */
export async function compareSizes(before: string): Promise<readonly ComparedSize[]> {
  const compared: ComparedSize[] = []
  for (const { name, make } of allSized()) {
    if (!/^(ours|face|all|Worker)\b/.test(name)) continue
    const old = await make(before).catch(() => undefined)
    const own = await make()
    const files = [...new Set([...own.files.keys(), ...(old?.files.keys() ?? [])])]
      .map((file) => [file, (own.files.get(file) ?? 0) - (old?.files.get(file) ?? 0)] as const)
      .filter(([, change]) => change !== 0)
      .toSorted(([, one], [, other]) => Math.abs(other) - Math.abs(one))
    compared.push({ name, before: old?.gzip, after: own.gzip, files: old ? files : [] })
  }
  return compared
}
