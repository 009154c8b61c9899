import type { Colour } from '../terminal/colour.ts'
import { printable } from '../terminal/printable.ts'
import { type Finding, GROUPS } from './finding.ts'

const MARKS = {
  ok: ['green', '✓'],
  warn: ['yellow', '!'],
  fail: ['red', '✗'],
  skipped: ['dim', '-'],
} as const

/** Findings for a person: by group, each with its fix below it, and a sentence at the end. */
export function print(findings: readonly Finding[], environment: string, colour: Colour): string {
  const groups = GROUPS.flatMap((group) => {
    const own = findings.filter((finding) => finding.group === group)
    return own.length === 0
      ? []
      : [[colour('bold', group), ...own.flatMap((finding) => linesOf(finding, colour))].join('\n')]
  })
  return `${[...groups, summary(findings, environment)].join('\n\n')}\n`
}

/** What services and gateways say stands in it. */
function linesOf({ status, message: text, fix }: Finding, colour: Colour): readonly string[] {
  const message = printable(text)
  const [format, mark] = MARKS[status]
  const line = `  ${colour(format, mark)} ${status === 'skipped' ? colour('dim', message) : message}`
  return fix === undefined ? [line] : [line, `    ${colour('dim', 'fix:')} ${printable(fix)}`]
}

function summary(findings: readonly Finding[], environment: string): string {
  const count = (status: Finding['status']): number =>
    findings.filter((finding) => finding.status === status).length
  const [fails, warnings] = [count('fail'), count('warn')]
  if (fails === 0 && warnings === 0) return `${environment}: nothing is wrong.`
  const parts = [
    ...(fails > 0 ? [fails === 1 ? '1 fault' : `${fails} faults`] : []),
    ...(warnings > 0 ? [warnings === 1 ? '1 warning' : `${warnings} warnings`] : []),
  ]
  return `${environment}: ${parts.join(' and ')}.`
}
