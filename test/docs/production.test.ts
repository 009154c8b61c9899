import { expect, it } from 'vitest'
import { commands, steps } from './production-steps.ts'

it('takes at most eight steps to production, each with its command', () => {
  const numbers = [...steps.matchAll(/^(\d)\. \*\*/gm)].map(([, number]) => Number(number))
  expect(numbers).toEqual(commands.map((_, index) => index + 1))
  expect(numbers.length).toBeLessThanOrEqual(8)
})
