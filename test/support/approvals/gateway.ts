import { createGateway, defineGateway } from '@sealgate/gateway'

const permissions = ['write:payments']

/** A gateway for an agent's service, and the service that it pays with. */
const gateway = createGateway(
  defineGateway({
    audiences: { assistant: { permissions, roles: [] }, payments: { permissions, roles: [] } },
    routes: [{ match: '/assistant/*', methods: ['POST'], service: 'ASSISTANT', audience: 'assistant' }],
  }),
)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
