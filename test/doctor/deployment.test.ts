/** `sealgate doctor --remote`: what a deployment says of itself, held against the project. */
import { diagnose, type DoctorWorld, type Finding, startTenant, type Tenant } from 'sealgate/internal'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { goodProject, WrittenProject } from '../support/doctor/project.ts'
import { networkTo } from '../support/doctor/tenant.ts'

type Deployed = NonNullable<DoctorWorld['deployed']>
type Health = Awaited<ReturnType<Deployed['health']>>
type Probed = Awaited<ReturnType<Deployed['probe']>>[number]

const NOW = 1_900_000_000
const DAY = 86_400

let tenant: Tenant
let written: WrittenProject | undefined
beforeAll(async () => {
  tenant = await startTenant({ quiet: true, callbackUrls: ['https://production.acme.example/auth/callback'] })
})
afterEach(() => written?.remove())
afterAll(() => tenant.close())

const HEALTH: Health = {
  status: 'ok',
  version: { id: '0f1e2d3c', tag: 'v7', timestamp: '' },
  time: NOW,
  keys: [{ kid: 'a', thumbprint: 't' }],
  kit: {
    issuer: 'https://gateway.production.internal',
    audiences: ['gateway'],
    verify: { mode: 'EdDSA', source: 'own' },
    sign: {
      mode: 'EdDSA',
      slots: [
        {
          name: 'GATEWAY_PRIVATE_A (named by JWT_PRIVATE_JWK_NAME)',
          kid: 'a',
          state: 'signing',
          exp: NOW + 60 * DAY,
        },
        {
          name: 'GATEWAY_PRIVATE_B (named by JWT_PRIVATE_JWK_NAME)',
          kid: 'b',
          state: 'next',
          nbf: NOW + DAY,
        },
      ],
    },
  },
  auth0: { source: 'url', state: 'fresh' },
  settings: {
    environment: 'production',
    issuer: 'https://gateway.production.internal',
    mode: 'EdDSA',
    maxTtlSeconds: 3600,
    audiences: ['reports'],
    baseUrl: 'https://production.acme.example',
    auth0: { issuer: 'https://acme.us.auth0.com/', audience: 'https://api.sealgate.test' },
    hasDenylist: true,
    hasLogins: true,
    missingLimiters: [],
  },
} as unknown as Health

const PROBED: Probed = {
  service: 'REPORTS',
  audience: 'reports',
  verdict: 'ok',
  genuine: { status: 200 },
  forged: { status: 401, reason: 'invalid_token' },
}

/** What is said of the deployment, and of its slots. */
async function look(
  health: Partial<Health> | Error,
  probed: Partial<Probed> = {},
  ahead = 0,
  notReady?: string,
): Promise<readonly Finding[]> {
  written = new WrittenProject(goodProject(tenant.baseUrl))
  const deployed: Deployed = {
    url: 'https://production.acme.example',
    health: () =>
      health instanceof Error ? Promise.reject(health) : Promise.resolve({ ...HEALTH, ...health }),
    probe: () => Promise.resolve([{ ...PROBED, ...probed }]),
    unreadiness: () => Promise.resolve(notReady),
    clockOffsetSeconds: ahead,
  }
  const world = { fetch: networkTo(tenant), now: () => Date.now() / 1000, run: undefined, deployed }
  const findings = await diagnose(written.project, 'production', world)
  return findings.filter(
    ({ group, status }) => group === 'deployment' || (group === 'keys' && status !== 'skipped'),
  )
}

const faults = async (...args: Parameters<typeof look>): Promise<readonly Finding[]> =>
  (await look(...args)).filter(({ status }) => status !== 'ok')

describe('doctor --remote', () => {
  it('says of a good deployment its version, each slot and each pair', async () => {
    expect((await look({})).map(({ status, message }) => `${status} ${message}`)).toEqual([
      'ok https://production.acme.example responds, version v7',
      'ok GATEWAY_PRIVATE_A (at https://production.acme.example), kid a: signs, expires in 60 days',
      'ok GATEWAY_PRIVATE_B (at https://production.acme.example), kid b: signs from 2030-03-18T17:46:40.000Z, does not expire',
      'ok gateway and reports, audience reports: a good token passes, a forged one is denied',
    ])
  })

  it('names a slot that is broken there, with the command for it', async () => {
    const kit = {
      ...HEALTH.kit,
      sign: {
        mode: 'EdDSA' as const,
        slots: [
          { name: 'GATEWAY_PRIVATE_A (x)', state: 'skipped' as const, problem: 'it is not a JWK in JSON' },
        ],
      },
    }
    expect(await faults({ kit })).toMatchObject([
      {
        id: 'slot-unusable',
        fix: 'npx sealgate rotate production',
      },
    ])
  })

  it.each([
    ['sessions_unavailable', 'the Durable Object threw', /^npx wrangler tail /],
    [
      'no_signing_key',
      'no slot is active',
      /^npx sealgate slots production, then npx sealgate rotate production$/,
    ],
  ] as const)(
    'says that /ready is not 200, and what the gateway tells its operators: %s',
    async (reason, detail, fix) => {
      const said = 'https://production.acme.example/ready responds with 503 (temporarily_unavailable)'
      expect(await faults({ notReady: { reason, detail } }, {}, 0, said)).toEqual([
        {
          ...{ id: 'deployment-ready', group: 'deployment', status: 'fail' },
          message: `${said}, so nobody would be served: ${reason}, ${detail}`,
          fix: expect.stringMatching(fix) as string,
        },
      ])
    },
  )

  it('says that the deployment cannot have the keys of the tenant', async () => {
    const auth0 = { ...HEALTH.auth0, problem: 'status 503' }
    expect(await faults({ auth0 })).toMatchObject([
      { id: 'deployment-idp', status: 'fail', message: expect.stringContaining('status 503') as string },
    ])
  })

  it('warns where the deployment is not what the project describes', async () => {
    const settings = { ...HEALTH.settings, issuer: 'https://gateway.internal' }
    expect(await faults({ settings })).toEqual([
      {
        id: 'deployment-differs',
        group: 'deployment',
        status: 'warn',
        message:
          'JWT_ISS is "https://gateway.internal" in the deployment, and "https://gateway.production.internal" in this project',
        fix: 'npx sealgate deploy production, if this project is right',
      },
    ])
  })

  it.each<[string, Partial<Probed>, RegExp, RegExp]>([
    [
      'a service that takes another audience',
      { verdict: 'rejects', genuine: { status: 401, reason: 'audience' }, takesAudience: 'billing' },
      /gateway and reports, audience reports: reports denies a good token \(audience\): it takes those for "billing"/,
      /"JWT_AUD": "reports" in services\/reports\/wrangler.jsonc, env.production/,
    ],
    [
      'a service that denies',
      { verdict: 'rejects', genuine: { status: 401, reason: 'issuer' } },
      /denies a good token \(issuer\)/,
      /make JWT_ISS, JWT_AUD and the keys in services\/reports/,
    ],
    [
      'a service that takes forged tokens',
      { verdict: 'accepts_forged' },
      /accepts a forged token/,
      /app\.use\(sealgate\(\)\)/,
    ],
    [
      'a service without keys',
      { verdict: 'unavailable', genuine: { status: 503 } },
      /status 503/,
      /wrangler tail acme-reports-production/,
    ],
    [
      'a service that throws',
      { verdict: 'failed', genuine: { status: null, reason: 'threw' } },
      /failed \(threw\)/,
      /wrangler tail/,
    ],
  ])('names %s', async (_, probed, message, fix) => {
    const [found, ...others] = await faults({}, probed)
    expect(others).toEqual([])
    expect(found).toMatchObject({ id: 'probe', status: 'fail' })
    expect(found?.message).toMatch(message)
    expect(found?.fix).toMatch(fix)
  })

  it('takes a service without probe() for no fault', async () => {
    expect(await faults({}, { verdict: 'unsupported' })).toMatchObject([{ id: 'probe', status: 'skipped' }])
  })

  it('names a clock that is ten minutes off', async () => {
    expect(await faults({}, {}, -600)).toMatchObject([{ id: 'deployment-clock', status: 'fail' }])
  })

  it('says why the deployment cannot be asked', async () => {
    const [found] = await faults(new Error('https://production.acme.example/operator cannot be reached'))
    expect(found).toMatchObject({
      id: 'deployment',
      status: 'fail',
      fix: 'npx sealgate deploy production, if it is not there yet; --url <url>, if it is reached elsewhere',
    })
  })
})
