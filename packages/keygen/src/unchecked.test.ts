import { expect, it, vi } from 'vitest'
import { run } from './run.ts'

// A second implementation that does not agree with the first.
vi.mock(import('@noble/ed25519'), async (original) => ({
  ...(await original()),
  verifyAsync: () => Promise.resolve(false),
}))

it.each([[[]], [['--private']], [['--public']], [['--dotenv']]])(
  'prints nothing when the new pair fails its check: %j',
  async (argv) => {
    let out = ''
    const said: string[] = []
    const status = await run(argv, {
      out: (text) => {
        out += text
        return Promise.resolve()
      },
      say: (line) => said.push(line),
      isTerminal: true,
      isOpenToOthers: false,
      input: process.stdin,
      now: () => 0,
    })
    expect([status, out]).toEqual([1, ''])
    expect(said).toEqual(['kit-keygen: the halves do not belong together: what one signs, the other rejects'])
  },
)
