import { expect, it } from 'vitest'
import { budgetsOf } from './budgets.ts'
import { budgetTable } from '../reports/report.ts'
import type { MeasuredGroup } from '../measure/rounds.ts'
import type { Results } from '../reports/results.ts'
import { absentUses, allSized } from '../parts/sizes.ts'
import { EDDSA_VERIFY } from '../candidates/verify.ts'

const run: Results = { made: '', command: '', machine: '', versions: {}, rounds: 15 }
const measured = (name: string, ratio: number) => ({
  name,
  nanoseconds: 50_000,
  ratio,
  low: ratio,
  high: ratio,
})
const group: MeasuredGroup = {
  title: EDDSA_VERIFY,
  base: 'raw',
  measured: [measured('raw', 1), measured('ours', 1.05), measured('jose', 1.25)],
}

it('holds what a run found against the budgets, and leaves out what it did not measure', () => {
  const budgets = budgetsOf({ ...run, runtimes: { 'workerd 1': [group] } })
  expect(budgets).toEqual([
    { work: EDDSA_VERIFY, unit: '× raw', budget: 1.08, reached: 1.05, jose: 1.25, isMet: true },
    {
      work: '… against jose',
      unit: '× jose',
      budget: 0.8,
      reached: expect.closeTo(0.84) as number,
      jose: undefined,
      isMet: false,
    },
  ])
  expect(budgetTable(budgets)).toContain('1.08 × raw')
  expect(budgetsOf(run)).toEqual([])
})

it('takes more for better where requests are counted', () => {
  const app = { app: 'ours', perSecond: 1, low: 1, high: 1, cpuMicroseconds: null, cpuAdded: null }
  expect(budgetsOf({ ...run, http: [{ ...app, ratio: 0.89 }] })).toMatchObject([{ isMet: false }])
  expect(budgetsOf({ ...run, http: [{ ...app, ratio: 0.91 }] })).toMatchObject([{ isMet: true }])
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
