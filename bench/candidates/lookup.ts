import { createKit } from '@sealgate/kit'
import { createLocalJWKSet } from 'jose'
import type { Group } from '../measure/candidate.ts'
import { AUDIENCE, type Fixtures, ISSUER, SEEN } from '../measure/fixtures.ts'
import { FRESH, freshStrings } from './inputs.ts'
import { LOOKUP } from './titles.ts'

/**
 * The kit's look-up is not public, so it is measured by its effect: verification of seen tokens, which looks the
 * key up each time, under 1,000 keys and under one. The key that is wanted stands last.
 */
export function lookupGroups(fixtures: Fixtures): readonly Group[] {
  const { publicJwk, strangers, eddsa } = fixtures
  const identity = { issuer: ISSUER, audience: AUDIENCE }
  const keys = [...strangers.slice(1), publicJwk]
  const one = createKit({ ...identity, verify: { publicJwk: { keys: [publicJwk] } } })
  const thousand = createKit({ ...identity, verify: { publicJwk: { keys } } })
  const joseOne = createLocalJWKSet({ keys: [{ ...publicJwk }] })
  const joseThousand = createLocalJWKSet({ keys: keys.map((jwk) => ({ ...jwk })) })
  const header = { alg: 'EdDSA', kid: publicJwk.kid }
  const token = freshStrings(eddsa.slice(0, SEEN))
  return [
    {
      title: LOOKUP,
      base: 'ours, 1 key, whole verification',
      candidates: [
        { name: FRESH, run: token },
        { name: 'ours, 1 key, whole verification', run: (index) => one.verify(token(index)) },
        {
          name: 'ours, 1,000 keys',
          minus: 'ours, 1 key, whole verification',
          run: (index) => thousand.verify(token(index)),
        },
        { name: 'jose, 1 key', run: () => joseOne(header) },
        { name: 'jose, 1,000 keys', minus: 'jose, 1 key', run: () => joseThousand(header) },
      ],
    },
  ]
}
