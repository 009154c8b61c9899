import { createKit, type KitOptions, policy } from '@sealgate/kit'
import { guard } from '@sealgate/kit/hono'
import type { Candidate, Group } from '../measure/candidate.ts'
import { AUDIENCE, type Fixtures, ISSUER, SEEN } from '../measure/fixtures.ts'
import { answered, appWith } from './apps.ts'
import { freshStrings } from './inputs.ts'
import { LOG } from './titles.ts'

const NO_LOG = 'granted, no log'
const NO_LOG_DENIED = 'denied, no log'

/** Lines that the cap lets through in a second, with room for those that tell of dropped ones. */
const LINES_A_SECOND = 10

/** What logging adds, but for what the console itself does with a line. */
export function logGroups(fixtures: Fixtures): readonly Group[] {
  // Whole batches of lines: a terminal would be what is measured.
  console.warn = console.error = (): void => undefined
  const token = freshStrings(fixtures.eddsa.slice(0, SEEN))
  const through = (permission: string, expected: number, options: Partial<KitOptions>): Candidate['run'] => {
    const verify = { publicJwk: fixtures.publicJwk }
    const kit = createKit({ issuer: ISSUER, audience: AUDIENCE, verify, ...options })
    const app = appWith(guard(policy().needAll(permission), { kit }))
    return (index) => answered(app, token(index), expected)
  }
  const granted = (options: Partial<KitOptions>): Candidate['run'] => through('orders:read', 200, options)
  const denied = (options: Partial<KitOptions>): Candidate['run'] => through('orders:none', 403, options)
  return [
    {
      title: LOG,
      base: NO_LOG,
      candidates: [
        { name: NO_LOG, run: granted({ logLevel: 'off' }) },
        { name: 'granted, nobody listens', minus: NO_LOG, run: granted({}) },
        { name: 'granted, to a hook', minus: NO_LOG, run: granted({ onDecision: () => undefined }) },
        { name: NO_LOG_DENIED, run: denied({ logLevel: 'off' }) },
        { name: 'denied, written', minus: NO_LOG_DENIED, run: denied({ now: changingSeconds() }) },
        { name: 'denied, past the cap', minus: NO_LOG_DENIED, run: denied({}) },
      ],
    },
  ]
}

/** A clock in which no second has so many lines that the cap is reached. */
function changingSeconds(): () => number {
  let readings = 0
  return () => Date.now() / 1000 + (Math.floor(readings++ / LINES_A_SECOND) % 2)
}
