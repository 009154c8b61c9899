import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Given, missingFlags, promptForChoices, withDefaults } from './prompts.ts'

const ENTER = '\r'
const DOWN = '\u001b[B'

/** Types keys, one after another, at a terminal. */
async function typed(given: Given, keys: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
  const output = new PassThrough()
  let shown = ''
  output.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk))
  const choices = promptForChoices('acme', given, { input, output }).finally(() => clearInterval(timer))
  const left = [...keys]
  const timer = setInterval(() => input.write(left.shift() ?? ''), 20)
  return { choices: await choices, shown: () => shown }
}

it('Enter at each prompt is the defaults', async () => {
  const { choices, shown } = await typed({}, [ENTER, ENTER, ENTER, ENTER])
  expect(choices).toEqual(withDefaults('acme', {}))
  expect(shown()).toMatch(/start with[^]*signed[^]*Agent[^]*MCP/)
})

it('prompts for a gateway alone end after the algorithm', async () => {
  const { choices, shown } = await typed({}, [DOWN, ENTER, DOWN, ENTER])
  expect(choices).toEqual({
    name: 'acme',
    service: false,
    algorithm: 'HS512',
    agents: false,
    mcp: false,
    installer: 'npm',
  })
  expect(shown()).not.toContain('MCP')
})

it('what flags said is not prompted for', async () => {
  const { choices, shown } = await typed({ service: true, algorithm: 'HS512', mcp: false }, ['y'])
  expect(choices).toEqual({
    name: 'acme',
    service: true,
    algorithm: 'HS512',
    agents: true,
    mcp: false,
    installer: 'npm',
  })
  expect(shown()).not.toContain('signed')
})

it('Ctrl-C ends it', async () => {
  await expect(typed({}, ['\u0003'])).rejects.toThrow('Stopped')
})

describe('without a terminal', () => {
  it('names the flags that are missing', () => {
    expect(missingFlags({ agents: false })).toEqual([
      '--service or --no-service',
      '--algorithm EdDSA|HS512',
      '--mcp or --no-mcp',
    ])
    expect(missingFlags({ service: false, algorithm: 'EdDSA' })).toEqual([])
  })
})
