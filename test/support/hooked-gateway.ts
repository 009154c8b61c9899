import { createGateway, defineGateway } from '@sealgate/gateway'

/** A gateway whose hook for claims fails for callers of certain names. */
const gateway = createGateway(
  defineGateway({
    audiences: {},
    routes: [],
    claims({ auth }) {
      if (auth.claims.name === 'throws') throw new Error('the hook has a fault')
      return { 'https://example.com/plan': auth.claims.name === 'no JSON' ? NaN : 'gold' }
    },
  }),
)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
