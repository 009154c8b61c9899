/** Runs in front of each test file of the kit: the cap on lines of the log is the isolate's, and files share one. */
import { beforeEach } from 'vitest'
import { MAX_KITS } from './src/constants.ts'
import { makeKit } from './src/kit/make-kit.ts'
import { makeVerifier } from './src/kit/make-verifier.ts'
import { beginLogSecond } from './src/log/logger.ts'

beforeEach(() => beginLogSecond(0))

// So is what is said once, of the seventeenth environment: whichever file made it would find it among its own events.
const keys = { JWT_AUD: 'setup', JWT_SECRET: 'A'.repeat(86) }
for (let count = 0; count <= MAX_KITS; count++) {
  const env = { ...keys, JWT_ISS: `https://setup-${count}.test` }
  makeKit(env, { logLevel: 'off' })
  makeVerifier(env, { logLevel: 'off' })
}
