import { expect, vi } from 'vitest'
import { main, wranglerWith } from 'sealgate/internal'
import { type CloudflareApi, type FailOptions, startCloudflareApi } from '../cloudflare/api.ts'
import { makeTeamProject, type TeamOptions } from './team-project.ts'

/** A project and an account, in which deploys fail and are repeated. */
export interface RepairBench {
  readonly api: CloudflareApi
  /** Deploys, without a look afterwards. */
  deploy(): Promise<{ readonly code: number; readonly said: string }>
  /** Every Worker is live in its latest version, all are bound, the hostname is there, and keys agree. */
  expectWhole(): void
  close(): Promise<void>
}

export const GATEWAY = 'gateway-staging'

/** Of a first deploy: what fails, its step in the API, how, and what the command says of it. */
export const FAILURES: readonly (readonly [string, string, FailOptions, RegExp])[] = [
  ['reading secrets', 'secret-list', { worker: GATEWAY }, /secret list failed/],
  ['reading the Worker', 'services', { worker: GATEWAY }, /1 of 5.*failed[\s\S]*is not there/],
  ['the bootstrap', 'script', { worker: GATEWAY }, /1 of 5.*failed[\s\S]*nobody reaches it/],
  ['the bootstrap, its response lost', 'script', { worker: GATEWAY, isAfterEffect: true }, /1 of 5/],
  [
    'the secrets',
    'secret-bulk',
    { worker: GATEWAY },
    /secrets of gateway.*failed[\s\S]*missing is made anew/,
  ],
  [
    'the secrets, their response lost',
    'secret-bulk',
    { worker: GATEWAY, isAfterEffect: true },
    /secrets of gateway.*failed/,
  ],
  ['the first service', 'script', { worker: 'archive-staging' }, /: archive failed/],
  ['the second service', 'script', { worker: 'reports-staging' }, /: reports failed/],
  ['the gateway’s version', 'versions', { worker: GATEWAY }, /: gateway failed/],
  [
    'the gateway’s version, its response lost',
    'versions',
    { worker: GATEWAY, isAfterEffect: true },
    /: gateway failed/,
  ],
  [
    'the gateway’s deployment',
    'deployments',
    { worker: GATEWAY },
    /: gateway failed[\s\S]*old version still/,
  ],
  ['the hostname', 'domains', { worker: GATEWAY, method: 'PUT' }, /: gateway failed[\s\S]*lack its routes/],
  ['the address at workers.dev', 'subdomain', { worker: GATEWAY }, /failed:/],
]

export async function startRepairBench(options: TeamOptions = {}): Promise<RepairBench> {
  const api = await startCloudflareApi()
  const team = makeTeamProject(options)
  return {
    api,
    async deploy() {
      const said: string[] = []
      const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      const code = await main(['--project', team.root, 'deploy', 'staging', '--yes', '--no-smoke'], {
        run: wranglerWith({ ...api.env, NO_COLOR: '1' }),
        say: (text) => void said.push(text),
      })
      error.mockRestore()
      return { code, said: said.join('\n') }
    },
    expectWhole() {
      expectWhole(api, options)
    },
    async close() {
      await api.close()
      team.remove()
    },
  }
}

function expectWhole(api: CloudflareApi, { isHs512 }: TeamOptions): void {
  const { state } = api
  const secrets = (name: string): Readonly<Record<string, string>> => api.secrets(name)
  for (const name of [GATEWAY, 'reports-staging', 'archive-staging']) {
    const { versions, deployments } = state.script(name)
    expect(deployments.at(-1)?.versions).toEqual([{ version_id: versions.at(-1)?.id, percentage: 100 }])
  }
  const bindings = state.script(GATEWAY).versions.at(-1)?.metadata.bindings ?? []
  expect(bindings.flatMap(({ type, name }) => (type === 'service' ? [name] : []))).toEqual([
    'REPORTS',
    'ARCHIVE',
  ])
  expect([...state.domains]).toEqual([['staging.example.com', GATEWAY]])
  const own = secrets(GATEWAY)
  if (isHs512 !== true) {
    expect(own.GATEWAY_PRIVATE_A).toContain('Ed25519')
    return
  }
  expect(own.JWT_SECRET_NEW).toMatch(/^[\w-]{86}$/)
  expect(secrets('reports-staging').JWT_SECRET_NEW).toBe(own.JWT_SECRET_NEW)
  expect(secrets('archive-staging').JWT_SECRET_NEW).toBe(own.JWT_SECRET_NEW)
}
