import { createGateway } from '@sealgate/gateway'
import definition from './gateway.config.ts'

const gateway = createGateway(definition)
export default gateway
export const { Keys, Exchange, Admin, Session } = gateway
