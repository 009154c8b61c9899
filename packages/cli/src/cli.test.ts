import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createProgram, main, type World } from './cli.ts'

const world: World = { run: () => Promise.reject(new Error('nothing is run')), say: () => undefined }

afterEach(() => vi.restoreAllMocks())

it('prints its version, and ends with 0', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(await main(['--version'], world)).toBe(0)
  const manifest = new URL('../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
  expect(write.mock.calls).toEqual([[`${version}\n`]])
})

describe('the help of each command', () => {
  const commands = createProgram(world).commands.map((command) => [command.name(), command] as const)

  it.each(commands)(
    'of %s breaks lines where the terminal does, and says no default that is nothing',
    (_, command) => {
      expect(command.description()).not.toContain('\n')
      expect(command.helpInformation()).not.toMatch(/\(default:\s+(?:false|\[\])\)/)
    },
  )
})
