/** `sealgate dev` with HS512, and whatever ends it: it leaves nothing behind. What every run looks at: dev-program.test.ts. */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { findProject, planOf, readSecrets } from 'sealgate/internal'
import { DevProgram } from '../support/dev-program.ts'
import { SmallProject } from '../support/small-project.ts'

/** The last line of what it prints once it runs. */
const READY = '/stop/'

describe('with HS512', () => {
  const project = new SmallProject('HS512')
  const programs: DevProgram[] = []
  const start = async (): Promise<DevProgram> => {
    const program = await DevProgram.start(project.folder, 'invoices')
    programs.push(program)
    return program
  }
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.remove()
  })
  afterAll(() => project.remove())

  it('makes one secret for gateway and service, and leaves nothing when a Worker crashes', async () => {
    const program = await start()
    await program.until(READY)
    expect(program.text).not.toContain('does not fit together')
    const { gateway, services } = planOf(findProject(project.folder))
    const [secret, other] = [gateway, ...services].map(({ secretsFile }) =>
      readSecrets(secretsFile).get('BILLING_NEW'),
    )
    expect(secret).toBeDefined()
    expect(other).toBe(secret)

    const started = program.processes()
    const worker = started.find(({ args }) => args.includes('dev-worker'))
    process.kill(worker?.pid ?? 0, 'SIGKILL')
    expect(await program.end()).toBe(1)
    expect(program.text).toMatch(/ended \(SIGKILL\)/)
    expect(await program.leftovers(started)).toEqual([])
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('leaves nothing when %s comes while it starts', async (signal) => {
    const program = await start()
    await program.until('Starting')
    const started = program.processes()
    program.signal(signal)
    expect(await program.end()).toBe(0)
    expect(await program.leftovers(started)).toEqual([])
  })

  it('leaves no process and no port when it is killed itself', async () => {
    const program = await start()
    await program.until(READY)
    const started = program.processes()
    program.signal('SIGKILL')
    await vi.waitFor(
      async () =>
        expect((await program.leftovers(started)).filter((one) => /^\d+ |^port/.test(one))).toEqual([]),
      { interval: 200 },
    )
  })
})
