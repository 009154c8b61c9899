import { createKit, policy } from '@sealgate/kit'
import type { Group } from '../measure/candidate.ts'
import { AUDIENCE, type Fixtures, ISSUER, SEEN } from '../measure/fixtures.ts'
import { freshStrings } from './inputs.ts'
import { POLICY } from './titles.ts'

const JUST_VERIFIED = 'ours, any verified caller'

/** What a policy adds to the authorization of a token seen before, where nothing else is left to hide it. */
export function policyGroups(fixtures: Fixtures): readonly Group[] {
  const kit = createKit({ issuer: ISSUER, audience: AUDIENCE, verify: { publicJwk: fixtures.publicJwk } })
  const token = freshStrings(fixtures.eddsa.slice(0, SEEN))
  const rules = policy()
    .needAll('orders:read', 'reports:export')
    .rolesAny('billing-admin', 'owner')
    .where((claims) => claims.sub !== '', 'has a subject')
    .build()
  return [
    {
      title: POLICY,
      base: JUST_VERIFIED,
      candidates: [
        { name: JUST_VERIFIED, run: (index) => kit.checkAuth(token(index)) },
        {
          name: 'ours, policy made before',
          minus: JUST_VERIFIED,
          run: (index) => kit.checkAuth(token(index), rules),
        },
        {
          name: 'ours, policy made on each request',
          minus: JUST_VERIFIED,
          run: (index) =>
            kit.checkAuth(
              token(index),
              policy().needAll('orders:read', 'reports:export').rolesAny('owner', 'billing-admin').build(),
            ),
        },
      ],
    },
  ]
}
