import { expect, it } from 'vitest'
import { budgetsOf } from './budgets.ts'
import { budgetTable } from '../reports/report.ts'
import type { MeasuredGroup } from '../measure/rounds.ts'
import type { Results } from '../reports/results.ts'
import { absentUses, allSized } from '../parts/sizes.ts'
import { EDDSA_VERIFY } from '../candidates/titles.ts'

const run: Results = { made: '', command: '', machine: '', load: 0, versions: {}, rounds: 15 }
const spread = (median: number) => ({ median, low: median - 0.01, high: median + 0.01 })
const measured = (name: string, ratio: number, jose: number) => ({
  name,
  nanoseconds: 50_000,
  ratio: spread(ratio),
  over: { jose: spread(jose) },
})
const group: MeasuredGroup = {
  title: EDDSA_VERIFY,
  base: 'raw',
  measured: [measured('raw', 1, 0.8), measured('ours', 1.05, 0.84), measured('jose', 1.25, 1)],
}

it('holds what a run found against the budgets, and leaves out what it did not measure', () => {
  const budgets = budgetsOf({ ...run, runtimes: { 'workerd 1': [group] } })
  expect(budgets).toEqual([
    {
      work: EDDSA_VERIFY,
      unit: '× raw',
      budget: 1.1,
      reached: 1.05,
      quartiles: [1.04, 1.06],
      jose: 1.25,
      isMet: true,
    },
    {
      work: '… against jose',
      unit: '× jose',
      budget: 0.8,
      reached: 0.84,
      quartiles: [0.83, 0.85],
      jose: undefined,
      isMet: false,
    },
  ])
  expect(budgetTable(budgets)).toContain('1.1 × raw |    1.05 | 1.04–1.06 | yes')
  expect(budgetsOf(run)).toEqual([])
})

it('takes more for better where requests are counted', () => {
  const app = { app: 'ours', perSecond: 1, cpuMicroseconds: null, cpuAdded: null }
  expect(budgetsOf({ ...run, http: [{ ...app, ratio: spread(0.89) }] })).toMatchObject([{ isMet: false }])
  expect(budgetsOf({ ...run, http: [{ ...app, ratio: spread(0.91) }] })).toMatchObject([{ isMet: true }])
})

it('knows the bundles by the names that they are measured under', () => {
  const named = [...allSized().map(({ name }) => name), ...absentUses()]
  const sizes = named.map((name) => ({ name, minified: 9000, gzip: 3000 }))
  expect(budgetsOf({ ...run, sizes })).toMatchObject([
    { budget: 9.4, reached: 3, jose: 3, isMet: true },
    { budget: 10.1, reached: 3, jose: undefined, isMet: true },
    { budget: 7.2, reached: 3, jose: 3, isMet: true },
    { budget: 17, reached: 3, jose: 3, isMet: true },
    { budget: 2.7, reached: 3, jose: 3, isMet: false },
    { budget: 2.25, reached: 3, jose: undefined, isMet: false },
  ])
})
