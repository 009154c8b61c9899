import type { Group } from '../measure/candidate.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { makeGroups } from './groups.ts'
import { nodeCandidates } from './node-only.ts'

/** All groups, with the candidates that need `node:crypto`. */
export async function makeNodeGroups(fixtures: Fixtures): Promise<readonly Group[]> {
  const extra = nodeCandidates(fixtures)
  const groups = await makeGroups(fixtures)
  return groups.map((group) => ({
    ...group,
    candidates: [...group.candidates, ...(extra[group.title] ?? [])],
  }))
}
