import type { Hono } from 'hono'
import type { Candidate, Group } from '../measure/candidate.ts'
import { type Fixtures, SEEN } from '../measure/fixtures.ts'
import { answered, makeApps } from './apps.ts'
import { at } from './inputs.ts'
import { HONO } from './titles.ts'

const OPEN = 'no guard'

/** Whole requests through Hono, in process; the time of the same app without a guard is taken off. */
export async function honoGroups(fixtures: Fixtures): Promise<readonly Group[]> {
  const apps = await makeApps(fixtures)
  const seen = fixtures.eddsa.slice(0, SEEN)
  const guarded = (name: string, app: Hono, tokens = fixtures.eddsa): Candidate => ({
    name,
    minus: OPEN,
    run: (index) => answered(app, at(tokens, index)),
  })
  return [
    {
      title: HONO,
      base: 'raw',
      candidates: [
        { name: OPEN, run: (index) => answered(apps.open, at(fixtures.eddsa, index)) },
        guarded('raw', apps.raw),
        guarded('ours', apps.ours),
        guarded('ours, token seen before', (await makeApps(fixtures)).ours, seen),
        guarded('jose', apps.jose),
        guarded('hono', apps.hono),
      ],
    },
  ]
}
