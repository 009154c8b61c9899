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
  /** A commit, branch or tag to compare with. */
  readonly against: string | undefined
}

/** What can be measured. */
export const PARTS = ['rounds', 'http', 'fetches', 'sizes', 'startup', 'scale', 'gateway', 'memory'] as const
export type Part = (typeof PARTS)[number]

/** Parts that `--against` compares. */
export const COMPARED: readonly Part[] = ['rounds', 'startup', 'sizes']

/** A mistake of the user's: one line says what to do. */
export class UsageError extends Error {}

const FEWEST_ROUNDS = 15
const DEFAULT_ROUNDS = 41
/** Pairs of `--against` for each round that is asked for: an interval needs more than a median. */
export const PAIRS_PER_ROUND = 5

export const OPTIONS = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  part: { type: 'string' },
  only: { type: 'string', default: '' },
  runtime: { type: 'string' },
  against: { type: 'string' },
  inside: { type: 'string' },
  out: { type: 'string', default: '.sealgate/bench' },
  help: { type: 'boolean', default: false },
} as const

export const HELP = `Usage: npm run bench -- [options]

Times the kit beside its baselines on workerd and on Node, and writes results as JSON and a plot as SVG.

  --quick           ${FEWEST_ROUNDS} rounds of shorter batches
  --rounds <n>      default ${DEFAULT_ROUNDS}, at least ${FEWEST_ROUNDS}
  --part <name>     one of ${PARTS.join(', ')}; default all
  --only <text>     of the rounds, only groups whose title contains this; with --against also of the
                    Workers that are started
  --runtime <name>  workerd or node; default both
  --against <ref>   compare with a commit, branch or tag: it is built in a temporary worktree, and the kit of both is
                    timed in adjacent pairs, ${PAIRS_PER_ROUND} for each round, beside a second copy of the older one as a
                    control. Prints ratios with 95 % intervals; parts ${COMPARED.join(', ')}
  --inside <name>   list the files of one row of the sizes with their bytes, and do nothing else
  --out <folder>    default .sealgate/bench
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
  const asked =
    part === undefined
      ? values.only === ''
        ? PARTS
        : (['rounds'] as const)
      : PARTS.filter((one) => one === part)
  const parts = values.against === undefined ? asked : asked.filter((one) => COMPARED.includes(one))
  if (parts.length === 0) throw new UsageError(`--against compares one of ${COMPARED.join(', ')}.`)
  return {
    rounds,
    quick: values.quick,
    out: values.out,
    only: values.only,
    inside: values.inside,
    parts,
    against: values.against,
    runtimes: runtime === undefined ? ['workerd', 'node'] : [runtime],
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The options are wrong.')
  }
}
