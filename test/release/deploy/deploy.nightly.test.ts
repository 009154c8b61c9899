import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { main, wranglerWith } from 'sealgate/internal'
import { type ApiOptions, type CloudflareApi, startCloudflareApi } from '../../support/cloudflare/api.ts'
import { makeTeamProject, type TeamOptions, type TeamProject } from '../../support/deploy/team-project.ts'

/** `sealgate deploy` of a team's project, with the real wrangler before the local Cloudflare API. */
let api: CloudflareApi
let team: TeamProject
let said: string[]

async function start(options?: TeamOptions, apiOptions?: ApiOptions): Promise<void> {
  said = []
  api = await startCloudflareApi(apiOptions)
  team = makeTeamProject(options)
}

afterEach(async () => {
  await api.close()
  team.remove()
})

/** A command line; its exit code, and what it printed. */
async function sealgate(...argv: string[]): Promise<{ code: number; stdout: string }> {
  let stdout = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += String(chunk)
    return true
  })
  const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const run = wranglerWith({ ...api.env, NO_COLOR: '1' })
  const code = await main(['--project', team.root, ...argv], { run, say: (text) => void said.push(text) })
  write.mockRestore()
  error.mockRestore()
  return { code, stdout }
}

const told = (): string => said.join('\n')
const DEPLOY = ['deploy', 'staging', '--yes', '--no-smoke']
/** What stands for a change: uploads, secrets, routes. */
const changes = (): readonly string[] =>
  api.requests.filter(({ method }) => method !== 'GET').map(({ method, step }) => `${method} ${step}`)

describe('sealgate deploy', () => {
  it('deploys an empty account in one run: bootstrap, secrets, services, gateway with its hostname', async () => {
    await start()
    const { code, stdout } = await sealgate(...DEPLOY, '--json')
    expect(told()).toContain('1. gateway (gateway-staging): it is new')
    expect(code).toBe(0)
    const output = JSON.parse(stdout) as {
      deployed: { name: string; kind: string; version: string }[]
      log: string
    }
    expect(output.deployed.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'gateway-staging bootstrap',
      'archive-staging deploy',
      'reports-staging deploy',
      'gateway-staging deploy',
    ])
    const gateway = api.state.script('gateway-staging')
    expect(gateway.deployments.at(-1)?.versions[0]?.version_id).toBe(output.deployed.at(-1)?.version)
    expect(gateway.migrationTag).toBe('v1')
    expect(gateway.versions.at(-1)?.metadata.bindings.map(({ name }) => name)).toContain('REPORTS')
    expect(gateway.versions[0]?.metadata.bindings.map(({ name }) => name)).not.toContain('REPORTS')
    expect([...api.state.domains]).toEqual([['staging.example.com', 'gateway-staging']])
    const key = JSON.parse(api.secrets('gateway-staging').GATEWAY_PRIVATE_A ?? '') as Record<string, unknown>
    expect(key).toMatchObject({ kty: 'OKP', crv: 'Ed25519', d: expect.any(String) as string })
    const operators = api.secrets('gateway-staging').OPERATOR_KEYS ?? ''
    expect(operators).not.toContain('"d"')
    const log = join(team.root, output.log)
    expect(told()).toContain(`operator-staging.jwk: keep a copy`)
    expect(statSync(log).mode & 0o777).toBe(0o600)
    expect(readFileSync(log, 'utf8')).toContain('$ wrangler deploy')

    // The second run has nothing to make.
    const before = { ...api.secrets('gateway-staging') }
    expect((await sealgate(...DEPLOY)).code).toBe(0)
    expect(api.secrets('gateway-staging')).toEqual(before)
    const all = [told(), stdout, readFileSync(log, 'utf8')].join('\n')
    expect(all).not.toContain(String(key.d))
  })

  it('changes nothing in a dry run, and bundles every Worker', async () => {
    await start()
    expect((await sealgate('deploy', '--env', 'staging', '--dry-run', '--no-smoke')).code).toBe(0)
    expect(told()).toMatch(/archive \(dry run\)[\s\S]*gateway \(dry run\)/)
    expect(changes()).toEqual([])
  })

  it('goes on from any state of an account: a split rollout, a secret that is gone, a new service', async () => {
    await start()
    expect((await sealgate(...DEPLOY)).code).toBe(0)
    const gateway = api.state.script('gateway-staging')
    const live = gateway.versions.at(-1)?.id ?? ''
    const next = api.state.addSecretsVersion('gateway-staging', { GATEWAY_PRIVATE_A: null })
    await api.state.deploy('gateway-staging', [
      { version_id: live, percentage: 90 },
      { version_id: next.id, percentage: 10 },
    ])
    // Never deployed: Cloudflare rejects a secret put now.
    const last = api.state.addSecretsVersion('gateway-staging', {})
    api.state.scripts.delete('archive-staging')
    expect((await sealgate(...DEPLOY)).code).toBe(0)
    expect(told()).toContain('a rollout is split between 2 versions; this deploy ends it')
    expect(told()).toContain('The latest version is not deployed')
    expect(gateway.deployments.at(-1)?.versions).toHaveLength(1)
    expect(api.secrets('gateway-staging').GATEWAY_PRIVATE_A).toContain('Ed25519')
    // One version with the secret, and one with the code: the gateway that was live was never cut off from its services.
    expect(gateway.versions).toHaveLength(last.number + 2)
    expect(api.state.scripts.has('archive-staging')).toBe(true)
  })

  it('replaces the empty Worker that wrangler secret put left', async () => {
    await start({}, { stored: { 'gateway-staging': { GATEWAY_PRIVATE_A: 'mine', OPERATOR_KEYS: '[]' } } })
    expect((await sealgate(...DEPLOY)).code).toBe(0)
    expect(told()).toContain('1. gateway (gateway-staging): it is new')
    expect(api.secrets('gateway-staging').GATEWAY_PRIVATE_A).toBe('mine')
  })

  it.each<[string, TeamOptions, RegExp]>([
    [
      'a variable that is missing',
      { gatewayVars: { AUTH0_DOMAIN: '' } },
      /would not serve as it stands[^]*AUTH0_DOMAIN .* is required: .*\n {4}fix: "AUTH0_DOMAIN"/,
    ],
    [
      'a secret that only a person knows, without a terminal',
      { gatewayVars: { AUTH0_CLIENT_ID: 'web', BASE_URL: 'https://staging.example.com' } },
      /AUTH0_CLIENT_SECRET \(for AUTH0_CLIENT_ID\)\. First: sealgate secrets staging --file/,
    ],
    [
      'an audience that a service does not have',
      { reportsAudience: 'archive' },
      /would not serve as it stands[^]*reports/,
    ],
    ['the environment of sealgate dev', { gatewayVars: { WORKER_ENV: 'dev' } }, /WORKER_ENV "dev"/],
    ['no route and no URL to look at', { gateway: { routes: [] } }, /Where is the gateway of staging/],
  ])('says before anything is changed: %s', async (_, options, problem) => {
    await start(options)
    expect((await sealgate('deploy', 'staging', '--yes')).code).toBe(2)
    expect(told()).toMatch(problem)
    expect(changes()).toEqual([])
  })

  it('rejects environments that share a hostname, a Worker or a KV namespace', async () => {
    await start()
    const file = readFileSync(join(team.root, 'gateway/wrangler.jsonc'), 'utf8')
    const config = JSON.parse(file) as { env: Record<string, object> }
    const production = { ...config.env.staging, name: 'gateway-staging' }
    team.write('gateway/wrangler.jsonc', { ...config, env: { ...config.env, production } })
    expect((await sealgate(...DEPLOY)).code).toBe(2)
    expect(told()).toContain(
      'the hostname staging.example.com: gateway/wrangler.jsonc, env.staging and gateway/wrangler.jsonc, env.production',
    )
    expect(told()).toContain('the Worker gateway-staging:')
    expect(api.requests).toEqual([])
  })

  it('says what to type without a terminal, without an environment, and for one that is not there', async () => {
    await start()
    expect((await sealgate('deploy', 'staging', '--no-smoke')).code).toBe(2)
    expect(told()).toContain('There is no terminal to ask on: --yes goes on without asking.')
    expect(changes()).toEqual([])
    for (const argv of [['deploy'], ['deploy', 'prod'], ['deploy', '--nope']]) {
      expect((await sealgate(...argv)).code).toBe(2)
    }
    expect(told()).toContain('There is no environment prod: --env staging')
  })
})
