import { createGateway, defineGateway, type GatewayWorker } from '@sealgate/gateway'

/** A gateway that renews what `jobs` has for callers who have gone. */
const gateway: GatewayWorker = createGateway(
  defineGateway({
    audiences: {
      web: { permissions: ['run:jobs', 'read:reports'], roles: [] },
      jobs: { permissions: ['run:jobs', 'read:reports'], roles: [] },
    },
    routes: [],
    offline: { jobs: { maxAgeSeconds: 600, permissions: ['read:reports'] } },
  }),
)
export const { Exchange, Keys, Admin, Session } = gateway
export default gateway
