import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { type Target, targetOf } from './target.ts'

const known = {
  audiences: new Map(['reports', 'archive'].map((name) => [name, { permissions: [], roles: [] }])),
  audiencesByResource: new Map([
    ['https://reports.test', 'reports'],
    ['https://reports.test/v2?a=b', 'reports'],
    ['urn:archive', 'archive'],
  ]),
}

const REPORTS = 'https://reports.test'
const ARCHIVE = 'urn:archive'

function outcome(target: Target): string {
  try {
    return targetOf(target, known)
  } catch (error) {
    if (error instanceof GatewayError) return error.code
    throw error
  }
}

describe('the target of an exchange (RFC 8693 §2.1, RFC 8707 §2)', () => {
  it.each<[what: string, target: Target, outcome: string]>([
    ['an audience', { audience: 'reports' }, 'reports'],
    ['a resource alone', { resources: [REPORTS] }, 'reports'],
    ['a resource that is no URL', { resources: [ARCHIVE] }, 'archive'],
    ['a resource with a query', { resources: ['https://reports.test/v2?a=b'] }, 'reports'],
    ['both, which agree', { audience: 'reports', resources: [REPORTS] }, 'reports'],
    ['two resources of one audience', { resources: [REPORTS, 'https://reports.test/v2?a=b'] }, 'reports'],
    ['one resource twice', { resources: [REPORTS, REPORTS] }, 'reports'],
    ['no name at all', {}, 'invalid_request'],
    ['no resource', { resources: [] }, 'invalid_request'],
    ['an audience that is not known', { audience: 'other' }, 'invalid_target'],
    ['both, which do not agree', { audience: 'archive', resources: [REPORTS] }, 'invalid_target'],
    [
      'an audience beside an unknown resource',
      { audience: 'reports', resources: ['urn:x'] },
      'invalid_target',
    ],
    ['a resource beside an unknown audience', { audience: 'x', resources: [REPORTS] }, 'invalid_target'],
    ['resources of two audiences', { resources: [REPORTS, ARCHIVE] }, 'invalid_target'],
    ['a known resource beside an unknown one', { resources: [REPORTS, 'urn:x'] }, 'invalid_target'],
    ['a resource that is not known', { resources: ['https://other.test'] }, 'invalid_target'],
    ['a resource in another case', { resources: ['https://Reports.test'] }, 'invalid_target'],
    ['a resource with one more slash', { resources: [`${REPORTS}/`] }, 'invalid_target'],
    ['a resource with a fragment', { resources: [`${REPORTS}#x`] }, 'invalid_target'],
    ['an audience given as a resource', { resources: ['reports'] }, 'invalid_target'],
    ['a resource given as the audience', { audience: REPORTS }, 'invalid_target'],
    [
      'the name of an inherited member',
      { audience: '__proto__', resources: ['constructor'] },
      'invalid_target',
    ],
  ])('by %s: %o', (_, target, expected) => {
    expect(outcome(target)).toBe(expected)
  })
})
