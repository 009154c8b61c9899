/**
 * An issuer in memory, for the tests of services.
 *
 * @module @sealgate/kit/testing
 */
export {
  type Breakage,
  createTestIssuer,
  rawToken,
  type TestClaims,
  type TestIssuer,
  type TestIssuerOptions,
  type TestTokenOptions,
} from './testing/test-issuer.ts'
