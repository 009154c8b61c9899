import { describe, expect, expectTypeOf, it } from 'vitest'
import { createGateway, type GatewayWorker } from './index.ts'

describe('a gateway, as its Worker exports it', () => {
  const gateway = createGateway({ audiences: { reports: { permissions: [], roles: [] } }, routes: [] })

  it('has the public face and a class for each entrypoint', () => {
    expect(Object.keys(gateway)).toEqual(['fetch', 'Keys', 'Exchange', 'Admin', 'Session'])
  })

  it('is typed as Workers want it: by a service binding, by RPC, and as a handler', () => {
    expectTypeOf<GatewayWorker>().toExtend<ExportedHandler<object>>()
    expectTypeOf<Service<GatewayWorker['Keys']>>().toHaveProperty('getJwks')
    expectTypeOf<Service<GatewayWorker['Exchange']>>().toHaveProperty('delegate')
    expectTypeOf<Service<GatewayWorker['Exchange']>>().not.toHaveProperty('sign')
    expectTypeOf<Service<GatewayWorker['Admin']>>().toHaveProperty('sign')
    expectTypeOf<DurableObjectNamespace<InstanceType<GatewayWorker['Session']>>>().toHaveProperty('getByName')
  })
})
