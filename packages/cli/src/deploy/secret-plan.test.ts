import { describe, expect, it } from 'vitest'
import { viewOf } from './test-views.ts'
import { type KnownSecrets, planSecrets } from './secret-plan.ts'

const SLOTS = { JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B' }
const SHARED = { JWT_SECRET_NAME: 'JWT_SECRET_NEW,JWT_SECRET_OLD' }

function known(
  name: string,
  vars: Readonly<Record<string, unknown>>,
  secrets: readonly string[] = [],
): KnownSecrets {
  return { view: viewOf(name, { vars }), secrets }
}

/** The plan as `worker.NAME: origin`; what has one value is in one line. */
function plan(gateway: KnownSecrets, services: readonly KnownSecrets[] = []): readonly string[] {
  return planSecrets(gateway, services, false).missing.map(
    ({ origin, targets }) =>
      `${targets.map(({ view, name }) => `${view.folder.name}.${name}`).join(' = ')}: ${origin}`,
  )
}

describe('the secrets that a deploy makes', () => {
  it('a signing key, while no slot has one', () => {
    expect(plan(known('gateway', SLOTS))).toEqual(['gateway.GATEWAY_PRIVATE_A: signing key'])
    expect(plan(known('gateway', SLOTS, ['GATEWAY_PRIVATE_B']))).toEqual([])
  })

  it('what logins need, of which a person knows one', () => {
    const vars = { ...SLOTS, AUTH0_CLIENT_ID: 'web' }
    expect(plan(known('gateway', vars, ['GATEWAY_PRIVATE_A']))).toEqual([
      'gateway.AUTH0_CLIENT_SECRET: given',
      'gateway.SESSION_SECRET: random',
    ])
    expect(plan(known('gateway', { ...vars, AUTH0_CONNECTION: 'db' }, ['GATEWAY_PRIVATE_A']))).toEqual([
      'gateway.AUTH0_CLIENT_SECRET: given',
    ])
    expect(
      plan(
        known('gateway', vars, ['GATEWAY_PRIVATE_A', 'AUTH0_CLIENT_SECRET', 'AUTH0_SESSION_ENCRYPTION_KEY']),
      ),
    ).toEqual([])
  })

  it('one value for a secret that gateway and services share, the services first', () => {
    const services = [known('archive', SHARED), known('reports', SHARED)]
    expect(plan(known('gateway', SHARED), services)).toEqual([
      'archive.JWT_SECRET_NEW = reports.JWT_SECRET_NEW = gateway.JWT_SECRET_NEW: shared secret',
    ])
  })

  it('made anew for all, where only services got it before: nothing is signed with it yet', () => {
    const service = known('reports', SHARED, ['JWT_SECRET_NEW'])
    expect(plan(known('gateway', SHARED), [service])).toEqual([
      'reports.JWT_SECRET_NEW = gateway.JWT_SECRET_NEW: shared secret',
    ])
  })

  it('a value for each audience, for the service of that audience', () => {
    const gateway = known('gateway', {
      JWT_SECRETS_BY_AUDIENCE: { reports: 'REPORTS_NEW,REPORTS_OLD', archive: 'ARCHIVE_NEW' },
    })
    const services = ['archive', 'reports'].map((name) =>
      known(name, { ...SHARED, JWT_AUD: name }, name === 'archive' ? ['JWT_SECRET_NEW'] : []),
    )
    expect(plan({ ...gateway, secrets: ['ARCHIVE_NEW'] }, services)).toEqual([
      'reports.JWT_SECRET_NEW = gateway.REPORTS_NEW: shared secret',
    ])
  })

  it('none that a service lacks and the gateway has: nobody can read it back, so a person is told', () => {
    const { missing, problems } = planSecrets(
      known('gateway', SHARED, ['JWT_SECRET_NEW']),
      [known('reports', SHARED)],
      false,
    )
    expect(missing).toEqual([])
    expect(problems).toEqual([
      expect.stringMatching(/cannot be read back.*sealgate secrets staging --worker reports/),
    ])
  })

  it('what secrets.required names, of any Worker, and of a list each that is named', () => {
    const gateway: KnownSecrets = {
      view: viewOf('gateway', {
        vars: SLOTS,
        secrets: { required: ['GATEWAY_PRIVATE_A', 'LOG_HASH_KEY', 'OPERATOR_KEYS'] },
      }),
      secrets: ['GATEWAY_PRIVATE_B'],
    }
    const service: KnownSecrets = {
      view: viewOf('reports', { secrets: { required: ['DATABASE_PASSWORD'] } }),
      secrets: [],
    }
    expect(plan(gateway, [service])).toEqual([
      'gateway.GATEWAY_PRIVATE_A: signing key',
      'gateway.LOG_HASH_KEY: random',
      'gateway.OPERATOR_KEYS: operator keys',
      'reports.DATABASE_PASSWORD: given',
    ])
  })

  it('keys of operators, where somebody looks at the deployment, unless they stand in vars', () => {
    const origins = (vars: object): readonly string[] =>
      planSecrets(known('gateway', { ...vars }), [], true).missing.map(({ origin }) => origin)
    expect(origins({})).toEqual(['operator keys'])
    expect(origins({ OPERATOR_KEYS: [] })).toEqual([])
  })

  it('none that is in a Secrets Store', () => {
    const view = viewOf('gateway', {
      vars: { ...SLOTS, AUTH0_CLIENT_ID: 'web' },
      secrets_store_secrets: ['GATEWAY_PRIVATE_A', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET'].map(
        (binding) => ({
          binding,
        }),
      ),
    })
    expect(plan({ view, secrets: [] })).toEqual([])
  })
})
