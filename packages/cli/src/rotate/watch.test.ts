import { expect, it } from 'vitest'
import type { ServiceKeys } from './gateway-port.ts'
import { watchServices } from './watch.ts'

it('says once for whom it waits, and that it may be interrupted', async () => {
  let time = 0
  const said: string[] = []
  const probe = (): Promise<readonly ServiceKeys[]> =>
    Promise.resolve([{ service: 'REPORTS', audience: 'reports', kids: time < 15 ? ['old'] : ['old', 'new'] }])
  const world = {
    gateway: { probe },
    say: (text: string) => void said.push(text),
    now: () => time,
    sleep: (seconds: number) => Promise.resolve(void (time += seconds)),
  }
  expect(await watchServices('new', 600, world)).toEqual([
    { service: 'REPORTS', audience: 'reports', holds: 'yes' },
  ])
  expect(said).toEqual([
    'Waiting for REPORTS (reports), up to 5 minutes with the defaults. Ctrl-C breaks nothing: the same command goes on.',
    'REPORTS (reports) holds new.',
  ])
})
