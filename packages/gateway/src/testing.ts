/**
 * A gateway in a test: its definition, an Auth0 tenant and services in memory, a clock.
 *
 * @module @sealgate/gateway/testing
 */
export {
  createTestGateway,
  type Forwarded,
  type TestGateway,
  type TestGatewayOptions,
  type TestService,
} from './testing/create-test-gateway.ts'
export type { TestAuth0, TestUser } from './testing/test-auth0.ts'
