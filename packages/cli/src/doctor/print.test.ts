import { expect, it } from 'vitest'
import { type Finding, reporterFor } from './finding.ts'
import { print } from './print.ts'

const plain = (_format: string, text: string): string => text
const report = reporterFor('keys')

it('prints each group once, in order, and each fix below its fault', () => {
  const findings: Finding[] = [
    report.fail('slot-expired', 'A expired', 'rotate'),
    reporterFor('tools').ok('node', 'Node 24'),
    report.warn('slot-empty', 'B is empty', 'fill it'),
    report.skipped('slots', 'not looked at'),
  ]
  expect(print(findings, 'staging', plain)).toBe(`tools
  ✓ Node 24

keys
  ✗ A expired
    fix: rotate
  ! B is empty
    fix: fill it
  - not looked at

staging: 1 fault and 1 warning.
`)
})

it('says that nothing is wrong, where nothing is', () => {
  expect(print([report.ok('slot', 'A signs')], 'dev', plain)).toMatch(/\n\ndev: nothing is wrong\.\n$/)
})

it('lets no service move the cursor by what it said to a probe', () => {
  const text = print([report.fail('probe', 'it failed (\u001b[2J\u001b[Hok)', 'a\rb')], 'dev', plain)
  expect(text).toContain('✗ it failed (�[2J�[Hok)\n    fix: a�b\n')
})
