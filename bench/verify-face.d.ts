/**
 * What the bench expects of the face for services that only verify. The kit does not have it yet: its rows appear with
 * it, and `budgets/bytes.test.ts` then asks for this file to go.
 */
declare module '@sealgate/kit/verify' {
  import type { Kit, KitConfig } from '@sealgate/kit'

  export type Verifier = Pick<Kit, 'verify' | 'safeVerify' | 'authorize' | 'checkAuth'>

  /** @throws ConfigError */
  export function makeVerifier(env: object): Verifier

  /** @throws ConfigError */
  export function createVerifier(config: Omit<KitConfig, 'sign'>): Verifier
}
