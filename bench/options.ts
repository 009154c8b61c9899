import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly rounds: number
  readonly quick: boolean
  /** Where the JSON and the plot go. */
  readonly out: string
  /** Only groups whose title contains this. */
  readonly only: string
  readonly runtimes: readonly string[]
  readonly parts: readonly Part[]
  /** A bundle or a room whose files are to be listed, and nothing measured. */
  readonly inside: string | undefined
}

/** What can be measured. */
export const PARTS = ['rounds', 'http', 'fetches', 'sizes', 'startup', 'scale', 'gateway'] as const
export type Part = (typeof PARTS)[number]

/** A mistake of the user's: one line says what to do. */
export class UsageError extends Error {}

const FEWEST_ROUNDS = 15
const DEFAULT_ROUNDS = 41

export const HELP = `Usage: npm run bench -- [options]

Times the kit beside its baselines on workerd and on Node, and writes results as JSON and a plot as SVG.

  --quick           ${FEWEST_ROUNDS} rounds of shorter batches: within a minute on an idle machine
  --rounds <n>      default ${DEFAULT_ROUNDS}, at least ${FEWEST_ROUNDS}
  --part <name>     one of rounds, http, fetches, sizes, startup, scale, gateway; default all
  --only <text>     of the rounds, only groups whose title contains this
  --inside <name>   list the files of one row of the sizes with their bytes, and do nothing else
  --runtime <name>  workerd or node; default both
  --out <folder>    default .dev/bench
  --help            show this
`

/** @throws UsageError */
export function readOptions(argv: readonly string[]): BenchOptions | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  const rounds =
    values.rounds === undefined ? (values.quick ? FEWEST_ROUNDS : DEFAULT_ROUNDS) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < FEWEST_ROUNDS) {
    throw new UsageError(`--rounds accepts a whole number of at least ${FEWEST_ROUNDS}.`)
  }
  const { runtime, part } = values
  if (part !== undefined && !PARTS.some((one) => one === part)) {
    throw new UsageError(`--part accepts one of ${PARTS.join(', ')}.`)
  }
  if (runtime !== undefined && runtime !== 'workerd' && runtime !== 'node') {
    throw new UsageError('--runtime accepts workerd or node.')
  }
  return {
    rounds,
    quick: values.quick,
    out: values.out,
    only: values.only,
    inside: values.inside,
    parts:
      part === undefined ? (values.only === '' ? PARTS : ['rounds']) : PARTS.filter((one) => one === part),
    runtimes: runtime === undefined ? ['workerd', 'node'] : [runtime],
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string', default: '' },
        inside: { type: 'string' },
        runtime: { type: 'string' },
        part: { type: 'string' },
        out: { type: 'string', default: '.dev/bench' },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The options are wrong.')
  }
}
