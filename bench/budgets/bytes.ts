import { allSized, measureRooms, measureSizes, type Size } from '../parts/sizes.ts'

/**
 * The most bytes that each bundle may have, compressed. The same code has the same bytes on every machine, so that these
 * are tests (`bytes.test.ts`) and not only rows of a report. What is aimed at stands in `budgets.ts`.
 *
 * Raise one in the commit that needs it, with the reason; lower it when the bundle shrank.
 */
export const GZIP_BUDGETS: Readonly<Record<string, number>> = {
  'ours: makeKit, all of it': 24_450,
  'ours: makeKit, policy, guard': 27_750,
  'ours: makeVerifier': 15_700,
  'ours: makeVerifier, guard, 2 rules': 18_050,
  'ours: createVerifier': 12_650,
  'ours: ./jws, sign and verify': 2_750,
  'ours: ./jws, verify': 2_250,
  // Without the tables, which stand in the same face.
  'ours: ./log, metrics': 1_200,
  'ours: ./log, one sink': 3_350,
  'face .': 25_800,
  'face ./adapters/hono': 28_700,
  'face ./agents': 35_450,
  'face ./approvals': 10_200,
  // With makeKit, which is the default of callee.
  'face ./caller': 29_550,
  'face ./external': 9_700,
  'face ./gateway': 15_450,
  'face ./hono': 28_700,
  'face ./jws': 2_750,
  // Half of it are tables for docs and tools, which no Worker has; half are sinks, which those have that name them.
  'face ./log': 8_750,
  'face ./hono/verify': 18_600,
  'face ./verify': 21_900,
  'face ./retrieval': 1_100,
  'face ./testing': 23_750,
  'all faces of the kit': 57_700,
  // A third is the AI SDK with the two providers that the chat may take its model from.
  'Worker consumer': 632_450,
  'Worker gateway': 135_050,
}

/** The most bytes of each room in a bundle of all faces, minified: parts are not compressed alone. */
export const ROOM_BUDGETS: Readonly<Record<string, number>> = {
  'room agents': 25_350,
  'room approvals': 5_450,
  'room caller': 9_550,
  'room claims': 2_250,
  'room config': 13_400,
  'room constants': 50,
  'room errors': 2_100,
  'room external': 9_250,
  'room gateway': 1_000,
  'room hono': 3_700,
  'room http': 2_850,
  'room index': 400,
  'room jose': 3_500,
  'room jws': 1_450,
  'room log': 25_550,
  'room keys': 13_200,
  'room kit': 13_500,
  'room policy': 6_550,
  'room primitives': 5_400,
  'room retrieval': 1_350,
  'room runtime': 950,
  'room testing': 1_900,
  'room verify': 550,
  'room hono-verify': 100,
  'room hono-adapter': 150,
  'room tokens': 12_400,
}

/** The budget of what was measured, if it has one: jose's bundle has none. */
export function byteBudget({ name }: Size): number | undefined {
  return GZIP_BUDGETS[name] ?? ROOM_BUDGETS[name]
}

/** What a budget is about: bytes compressed, or before that. */
export function budgetedBytes({ gzip, minified }: Size): number {
  return gzip ?? minified
}

/** Everything of ours that is bundled or is a part of it. */
export async function measureOurs(): Promise<readonly Size[]> {
  const bundles = allSized().filter(({ name }) => /^(ours|face|all|Worker)\b/.test(name))
  return [...(await measureSizes(bundles)), ...(await measureRooms())]
}

/** What is wrong with a size, and how to find out why; `undefined`: nothing. */
export function overrun(size: Size): string | undefined {
  const budget = byteBudget(size)
  const { name } = size
  const bytes = budgetedBytes(size)
  const unit = size.gzip === undefined ? 'bytes' : 'bytes of gzip'
  const count = (value: number): string => value.toLocaleString('en')
  if (budget === undefined) {
    return `${name} has no budget: it has ${count(bytes)} ${unit}. Give it one in bench/budgets/bytes.ts.`
  }
  if (bytes <= budget) return undefined
  return [
    `${name} has ${count(bytes)} ${unit}: ${count(bytes - budget)} more than its budget of ${count(budget)}.`,
    `What is in it, file by file: npm run bench -- --inside '${name}'`,
    `What grew since a commit:    npm run bench -- --part sizes --against main`,
    `If it is worth it, raise the budget in bench/budgets/bytes.ts and say why in the commit.`,
  ].join('\n')
}
