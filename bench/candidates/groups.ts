import type { Group } from '../measure/candidate.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { honoGroups } from './hono.ts'
import { logGroups } from './log.ts'
import { lookupGroups } from './lookup.ts'
import { policyGroups } from './policy.ts'
import { signGroups } from './sign.ts'
import { verifyGroups } from './verify.ts'

/** All work that is timed by rounds. Web APIs only: it runs on Node and on workerd. */
export async function makeGroups(fixtures: Fixtures): Promise<readonly Group[]> {
  return [
    ...(await verifyGroups(fixtures)),
    ...(await signGroups(fixtures)),
    ...(await honoGroups(fixtures)),
    ...lookupGroups(fixtures),
    ...policyGroups(fixtures),
    ...logGroups(fixtures),
  ]
}
