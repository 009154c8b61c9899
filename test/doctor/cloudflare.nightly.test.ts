/** What doctor sees at Cloudflare: the real wrangler, before a Cloudflare API on this machine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  diagnose,
  type Finding,
  type RunWrangler,
  startTenant,
  type Tenant,
  wranglerWith,
} from 'sealgate/internal'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ApiOptions, type CloudflareApi, startCloudflareApi } from '../support/cloudflare/api.ts'
import { goodProject, kvId, WrittenProject } from '../support/doctor/project.ts'
import { networkTo } from '../support/doctor/tenant.ts'

const STORED = {
  'acme-gateway-production': { GATEWAY_PRIVATE_B: 'x', AUTH0_CLIENT_SECRET: 'x', SESSION_SECRET: 'x' },
  'acme-reports-production': {},
}

let tenant: Tenant
let written: WrittenProject | undefined
let api: CloudflareApi | undefined
beforeAll(async () => {
  tenant = await startTenant({ quiet: true, callbackUrls: ['https://production.acme.example/auth/callback'] })
})
afterEach(async () => {
  written?.remove()
  await api?.close()
  api = undefined
})
afterAll(() => tenant.close())

/** The findings of the group, of a good project in production. */
async function look(run: RunWrangler): Promise<readonly Finding[]> {
  written = new WrittenProject(goodProject(tenant.baseUrl))
  const world = { fetch: networkTo(tenant), now: () => Date.now() / 1000, run }
  const findings = await diagnose(written.project, 'production', world)
  return findings.filter(({ group }) => group === 'cloudflare')
}

async function lookAt(
  options: ApiOptions,
  namespaces: readonly string[] = [kvId(2)],
): Promise<readonly Finding[]> {
  api = await startCloudflareApi({ stored: STORED, ...options })
  for (const id of namespaces) api.state.namespaces.set(id, `namespace ${id}`)
  return look(wranglerWith(api.env))
}

const summary = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ status, id }) => `${status} ${id}`)

describe('at Cloudflare', () => {
  it('doctor finds nothing wrong where Workers, secrets and KV are there', async () => {
    expect(summary(await lookAt({}))).toEqual(['ok secrets', 'ok secrets', 'ok kv'])
    // It only looks.
    expect(new Set(api?.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
  })

  it('doctor names the secret that a Worker lacks, and what makes it', async () => {
    const { AUTH0_CLIENT_SECRET, ...others } = STORED['acme-gateway-production']
    expect(AUTH0_CLIENT_SECRET).toBe('x')
    const found = await lookAt({ stored: { ...STORED, 'acme-gateway-production': others } })
    expect(found.find(({ status }) => status === 'fail')).toEqual({
      id: 'secret-missing',
      group: 'cloudflare',
      status: 'fail',
      message:
        'acme-gateway-production has no secret AUTH0_CLIENT_SECRET at Cloudflare, which AUTH0_CLIENT_ID asks for',
      fix: 'npx wrangler secret put AUTH0_CLIENT_SECRET --config gateway/wrangler.jsonc --env production',
    })
  })

  it('doctor takes Workers that are not deployed yet for no fault, and names a KV namespace of another account', async () => {
    const found = await lookAt({ stored: {} }, [kvId(5)])
    expect(summary(found)).toEqual(['ok worker', 'ok worker', 'fail kv', 'fail kv'])
    expect(found[2]?.message).toContain(`has the id ${kvId(2)}, which is none of this account's`)
  })

  it('doctor names the permission that an API token lacks', async () => {
    const found = await lookAt({ permissions: ['Workers Scripts: Edit'] })
    expect(summary(found)).toEqual(['ok secrets', 'ok secrets', 'fail cloudflare-permission'])
    expect(found[2]?.message).toBe('the login at Cloudflare lacks the permission Workers KV Storage')
    expect(found[2]?.fix).toContain('Account, Workers KV Storage, Edit')
  })

  it('doctor names the permission to see Workers once', async () => {
    const found = await lookAt({ permissions: ['Workers KV Storage: Edit'] })
    expect(summary(found)).toEqual(['fail cloudflare-permission', 'ok kv'])
    expect(found[0]?.message).toContain('Workers Scripts')
  })

  it.each([
    ['no API token and no login', ''],
    ['an API token that is no longer good', 'revoked'],
  ])('doctor says that there is no login, with %s', async (_, token) => {
    api = await startCloudflareApi({ stored: STORED })
    const home = mkdtempSync(join(tmpdir(), 'sealgate-home-'))
    const env = { ...api.env, CLOUDFLARE_API_TOKEN: token, HOME: home, XDG_CONFIG_HOME: home }
    const found = await look(wranglerWith(env)).finally(() => rmSync(home, { recursive: true }))
    expect(summary(found)).toEqual(['fail cloudflare-login'])
    expect(found[0]?.fix).toMatch(/npx wrangler login.*CLOUDFLARE_API_TOKEN/)
  })
})
