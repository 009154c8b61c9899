import { describe, expect, it } from 'vitest'
import { viewOf } from './test-views.ts'
import { type Candidate, orderSteps } from './steps.ts'

const gateway = (...services: readonly string[]): Candidate['view'] => viewOf('gateway', { binds: services })
const there = (view: Candidate['view']): Candidate => ({ view, isThere: true })
const absent = (view: Candidate['view']): Candidate => ({ view, isThere: false })

function order(first: Candidate, services: readonly Candidate[]): Record<'bootstraps' | 'deploys', string[]> {
  const { bootstraps, deploys } = orderSteps(first, services)
  return { bootstraps: bootstraps.map(({ name }) => name), deploys: deploys.map(({ name }) => name) }
}

describe('the order of a deploy', () => {
  const reports = viewOf('reports', { binds: ['gateway-staging'] })
  const archive = viewOf('archive', { binds: ['gateway-staging'] })
  const whole = gateway('reports-staging', 'archive-staging')

  it('is services, then the gateway', () => {
    expect(order(there(whole), [there(archive), there(reports)])).toEqual({
      bootstraps: [],
      deploys: ['archive-staging', 'reports-staging', 'gateway-staging'],
    })
  })

  it('begins with the gateway without its services, while neither is there', () => {
    expect(order(absent(whole), [absent(archive), absent(reports)])).toEqual({
      bootstraps: ['gateway-staging'],
      deploys: ['archive-staging', 'reports-staging', 'gateway-staging'],
    })
  })

  it('never cuts a gateway that is live off from its services, when another service is new', () => {
    expect(order(there(whole), [absent(archive), there(reports)]).bootstraps).toEqual([])
  })

  it('leaves a bootstrap out where no service binds the gateway', () => {
    const hs512 = viewOf('reports', { binds: [] })
    expect(order(absent(gateway('reports-staging')), [absent(hs512)])).toEqual({
      bootstraps: [],
      deploys: ['reports-staging', 'gateway-staging'],
    })
  })

  it('puts a service after the one that it binds', () => {
    const first = viewOf('archive', { binds: ['reports-staging', 'gateway-staging'] })
    expect(order(absent(whole), [absent(first), absent(reports)]).deploys).toEqual([
      'reports-staging',
      'archive-staging',
      'gateway-staging',
    ])
  })

  it('ends for services that bind each other, themselves, and Workers of others', () => {
    const one = viewOf('one', { binds: ['two-staging', 'elsewhere', 'one-staging'] })
    const two = viewOf('two', { binds: ['one-staging'] })
    expect(order(absent(gateway('one-staging')), [absent(one), absent(two)])).toEqual({
      bootstraps: ['one-staging'],
      deploys: ['two-staging', 'one-staging', 'gateway-staging'],
    })
  })
})
