/** Set-ups other than the usual one, right and wrong: HS512, keys by URL, a Secrets Store, services that nobody routes to. */
import { randomBytes } from 'node:crypto'
import { diagnose, type Finding, startTenant, type Tenant } from 'sealgate/internal'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type EnvironmentBlock,
  goodProject,
  type ProjectFiles,
  WrittenProject,
} from '../support/doctor/project.ts'
import { networkTo } from '../support/doctor/tenant.ts'

let tenant: Tenant
let written: WrittenProject | undefined
beforeAll(async () => {
  tenant = await startTenant({ quiet: true, callbackUrls: ['https://production.acme.example/auth/callback'] })
})
afterEach(() => written?.remove())
afterAll(() => tenant.close())

const secret = (): string => randomBytes(64).toString('base64url')

/** @param own secrets of the service, on this machine */
async function faults(
  files: ProjectFiles,
  { env = 'dev', own = {} }: { env?: string; own?: Record<string, string> } = {},
): Promise<readonly Finding[]> {
  written = new WrittenProject(files)
  const lines = Object.entries(own).map(([name, value]) => `${name}='${value}'\n`)
  if (lines.length > 0) written.write('services/reports/.dev.vars', lines.join(''))
  const world = { fetch: networkTo(tenant), now: () => Date.now() / 1000, run: undefined }
  const findings = await diagnose(written.project, env, world)
  return findings.filter(({ status }) => status === 'fail' || status === 'warn')
}

const idsOf = (findings: readonly Finding[]): readonly string[] => findings.map(({ id }) => id)

function blocks(files: ProjectFiles, env = 'dev'): { gateway: EnvironmentBlock; reports: EnvironmentBlock } {
  const [gateway, reports] = [files.gateway.env[env], files.reports.env[env]]
  if (!gateway || !reports) throw new Error(`there is no ${env}`)
  return { gateway, reports }
}

describe('with HS512', () => {
  const shared = (value: string): ProjectFiles => {
    const files = goodProject(tenant.baseUrl)
    const { gateway, reports } = blocks(files)
    delete gateway.vars.JWT_PRIVATE_JWK_NAME
    gateway.vars.JWT_SECRET_NAME = 'JWT_SECRET_NEW,JWT_SECRET_OLD'
    delete reports.vars.JWT_JWKS_SERVICE_NAME
    reports.vars.JWT_SECRET_NAME = 'JWT_SECRET_NEW,JWT_SECRET_OLD'
    files.secrets = { ...files.secrets, JWT_SECRET_NEW: value, JWT_SECRET_OLD: secret() }
    return files
  }

  it('finds nothing where both hold the secret, and the service still has it as its old one', async () => {
    const value = secret()
    expect(await faults(shared(value), { own: { JWT_SECRET_NEW: secret(), JWT_SECRET_OLD: value } })).toEqual(
      [],
    )
  })

  it('tells of a service that holds another secret, and shows neither', async () => {
    const [ours, theirs] = [secret(), secret()]
    const found = await faults(shared(ours), { own: { JWT_SECRET_NEW: theirs, JWT_SECRET_OLD: secret() } })
    expect(idsOf(found)).toEqual(['pair-secret'])
    expect(found[0]?.message).toMatch(
      /of reports \(services\/reports\/\.dev\.vars\) is not what the gateway signs with/,
    )
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${ours}|${theirs}`))
  })

  it.each([
    ['too short', 'abc'],
    ['truncated', secret().slice(0, 40)],
  ])('tells of a secret that is %s', async (_, value) => {
    const found = await faults(shared(value), { own: { JWT_SECRET_NEW: value, JWT_SECRET_OLD: secret() } })
    expect(idsOf(found)).toContain('slot-unusable')
    expect(idsOf(found)).toContain('service-config')
  })

  const byAudience = (value: string): ProjectFiles => {
    const files = shared(value)
    const { gateway } = blocks(files)
    delete gateway.vars.JWT_SECRET_NAME
    gateway.vars.JWT_SECRETS_BY_AUDIENCE = '{"reports":"JWT_SECRET_NEW"}'
    return files
  }

  it('finds nothing where the audience has a secret of its own and the service holds it', async () => {
    const value = secret()
    expect(
      await faults(byAudience(value), { own: { JWT_SECRET_NEW: value, JWT_SECRET_OLD: secret() } }),
    ).toEqual([])
  })

  it('tells of a service that holds another audience’s', async () => {
    const found = await faults(byAudience(secret()), {
      own: { JWT_SECRET_NEW: secret(), JWT_SECRET_OLD: secret() },
    })
    expect(idsOf(found)).toEqual(['pair-secret'])
  })
})

describe('keys by URL', () => {
  const byUrl = (url: string): ProjectFiles => {
    const files = goodProject(tenant.baseUrl)
    const { reports } = blocks(files, 'production')
    delete reports.vars.JWT_JWKS_SERVICE_NAME
    reports.vars.JWT_JWKS_URL = url
    return files
  }
  const own = 'https://production.acme.example/.well-known/jwks.json'

  it('are not served at the gateway’s host unless JWKS_PUBLIC says so', async () => {
    const files = byUrl(own)
    expect(idsOf(await faults(files, { env: 'production' }))).toEqual(['pair-keys-url'])
    blocks(files, 'production').gateway.vars.JWKS_PUBLIC = 'true'
    written?.remove()
    expect(await faults(files, { env: 'production' })).toEqual([])
  })

  it('may be anywhere else', async () => {
    expect(await faults(byUrl('https://keys.acme.example/jwks.json'), { env: 'production' })).toEqual([])
  })
})

it('finds nothing wrong with secrets in a Secrets Store, which wrangler secret list does not name', async () => {
  const files = goodProject(tenant.baseUrl)
  const { gateway } = blocks(files, 'production')
  gateway.secrets_store_secrets = ['GATEWAY_PRIVATE_A', 'AUTH0_CLIENT_SECRET'].map((binding) => ({
    binding,
    store_id: 'a'.repeat(32),
    secret_name: binding.toLowerCase(),
  }))
  expect(await faults(files, { env: 'production' })).toEqual([])
})

it('tells of a service that no route reaches that its audience is none', async () => {
  const files = goodProject(tenant.baseUrl)
  const { gateway, reports } = blocks(files, 'production')
  gateway.vars.ROUTES = '[]'
  gateway.services = []
  reports.vars.JWT_AUD = 'billing'
  Object.assign(reports.services[1] ?? {}, { props: { service: 'billing' } })
  expect(idsOf(await faults(files, { env: 'production' }))).toEqual(['service-audience'])
})

it('finds nothing wrong with a service that no token goes to', async () => {
  const files = goodProject(tenant.baseUrl)
  files.definition = files.definition.replace("audience: 'reports' }", "auth: 'none' }")
  Object.assign(blocks(files, 'production').reports, { vars: {}, services: [] })
  expect(await faults(files, { env: 'production' })).toEqual([])
})

it('tells of tokens that live longer than a service accepts', async () => {
  const files = goodProject(tenant.baseUrl)
  blocks(files, 'production').reports.vars.JWT_MAX_TTL_SECONDS = '300'
  const found = await faults(files, { env: 'production' })
  expect(idsOf(found)).toEqual(['pair-lifetime'])
  expect(found[0]?.message).toMatch(/is 300, and the gateway's tokens live 900 seconds/)
})

it('warns of a service that looks at no deny-list, where the gateway has one', async () => {
  const files = goodProject(tenant.baseUrl)
  delete blocks(files, 'production').reports.vars.JWT_DENYLIST_NAME
  expect(await faults(files, { env: 'production' })).toMatchObject([{ id: 'pair-denylist', status: 'warn' }])
})

describe('where approvals are used up', () => {
  const approving = (change: (reports: EnvironmentBlock) => void): ProjectFiles => {
    const files = goodProject(tenant.baseUrl)
    files.reports.migrations = [{ tag: 'v1', new_sqlite_classes: ['UsedApprovals'] }]
    const { reports } = blocks(files)
    reports.vars.JWT_APPROVALS_NAME = 'APPROVALS'
    change(reports)
    return files
  }

  it('takes a Durable Object, and a KV namespace', async () => {
    const bindings = [{ name: 'APPROVALS', class_name: 'UsedApprovals' }]
    const strong = approving((reports) => (reports.durable_objects = { bindings }))
    expect(await faults(strong)).toEqual([])
    const weak = approving((reports) => {
      const kept = reports.kv_namespaces as object[]
      reports.kv_namespaces = [...kept, { binding: 'APPROVALS', id: 'b'.repeat(32) }]
    })
    expect(await faults(weak)).toEqual([])
  })

  it('tells of a service binding, which can note no use', async () => {
    const files = approving(({ services }) =>
      services.push({ binding: 'APPROVALS', service: 'acme-gateway' }),
    )
    expect((await faults(files)).map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/JWT_APPROVALS_NAME .* is "APPROVALS": is neither a Durable Object/),
    )
  })
})

it('tells of one secret in two places', async () => {
  const files = goodProject(tenant.baseUrl)
  files.secrets.LOG_HASH_KEY = files.secrets.SESSION_SECRET ?? ''
  const found = await faults(files)
  expect(found.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(
      /SESSION_SECRET .*LOG_HASH_KEY hold the same secret|LOG_HASH_KEY .*hold the same secret/,
    ),
  )
})

it('takes the secrets of development for no other environment', async () => {
  const files = goodProject(tenant.baseUrl)
  files.secrets.GATEWAY_PRIVATE_A = 'truncated'
  expect(await faults(files, { env: 'production' })).toEqual([])
})
