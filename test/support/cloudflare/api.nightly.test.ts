import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wranglerWith } from 'sealgate/internal'
import { type ApiOptions, type CloudflareApi, startCloudflareApi } from './api.ts'

/** What the wrangler that this repository pins says to what the local API does. */
describe('the local Cloudflare API, before the real wrangler', () => {
  let folder: string
  let api: CloudflareApi

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloudflare-'))
    writeFileSync(
      join(folder, 'index.js'),
      `import { DurableObject } from 'cloudflare:workers'
       export class Session extends DurableObject {}
       export default { fetch: () => new Response('here') }`,
    )
  })
  afterEach(async () => {
    await api.close()
    rmSync(folder, { recursive: true })
  })

  /** wrangler on a Worker of this configuration. Resolves with all that it printed; `code` is its exit code. */
  async function worker(
    config: object,
    options?: ApiOptions,
  ): Promise<(args: string, stdin?: string) => Promise<{ code: number; text: string }>> {
    const base = { name: 'one', main: 'index.js', compatibility_date: '2026-10-23', workers_dev: false }
    writeFileSync(join(folder, 'wrangler.json'), JSON.stringify({ ...base, preview_urls: false, ...config }))
    api = await startCloudflareApi(options)
    const run = wranglerWith({ ...api.env, NO_COLOR: '1', COLUMNS: '300' })
    return async (args, stdin) => {
      const flags = ['--config', join(folder, 'wrangler.json')]
      const { code, stdout, stderr } = await run([...args.split(' '), ...flags], stdin)
      return { code, text: stdout + stderr }
    }
  }

  it('keeps versions, split deployments, secrets and migrations of a Worker', async () => {
    const run = await worker({
      durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
      migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
      routes: ['app.example.com/*', { pattern: 'www.example.com', custom_domain: true }],
    })
    const deployed: string[] = []
    // A Promise: wrangler's request ends after what is done on a deployment.
    api.onDeployment(async (name) => void deployed.push(await Promise.resolve(name)))
    expect((await run('deploy')).code).toBe(0)
    const script = api.state.script('one')
    expect(script).toMatchObject({ migrationTag: 'v1', classes: new Set(['Session']) })
    expect(script.versions[0]?.metadata.compatibility_date).toBe('2026-10-23')
    expect(new TextDecoder().decode(script.versions[0]?.modules.get('index.js')?.content)).toContain('here')
    expect([...api.state.routes, ...api.state.domains]).toEqual([
      ['app.example.com/*', 'one'],
      ['www.example.com', 'one'],
    ])

    expect((await run('secret put KEY', 'first')).code).toBe(0)
    expect((await run('versions upload --tag next')).code).toBe(0)
    const [, current, next] = script.versions
    expect(next).toMatchObject({ tag: 'next', secrets: { KEY: 'first' } })
    const put = await run('secret put KEY', 'second')
    expect(put.code).toBe(1)
    expect(put.text).toContain("the latest version of your Worker isn't currently deployed")
    expect((await run('versions secret put KEY', 'second')).code).toBe(0)
    const withSecond = script.versions.at(-1)
    expect([current?.secrets, withSecond?.secrets]).toEqual([{ KEY: 'first' }, { KEY: 'second' }])
    const split = `versions deploy ${current?.id ?? ''}@90% ${withSecond?.id ?? ''}@10% --yes`
    expect((await run(split)).code).toBe(0)
    expect(script.deployments.at(-1)?.versions).toEqual([
      { version_id: current?.id, percentage: 90 },
      { version_id: withSecond?.id, percentage: 10 },
    ])
    expect(deployed).toEqual(['one', 'one', 'one'])
  })

  it('rejects a binding to what is not there, in Cloudflare’s words', async () => {
    const run = await worker({ services: [{ binding: 'REPORTS', service: 'reports' }] })
    expect((await run('deploy')).text).toContain(
      "Could not resolve service binding 'REPORTS'. Target script 'reports' not found. Please verify the target script and try again. [code: 10143]",
    )
    await api.close()
    const withKv = await worker({ kv_namespaces: [{ binding: 'LIST', id: 'a'.repeat(32) }] })
    expect((await withKv('deploy')).text).toContain('[code: 10041]')
    expect(api.state.scripts.size).toBe(0)
  })

  it('rejects what a token may not do, and what has no secret that it requires', async () => {
    const run = await worker({ secrets: { required: ['KEY'] } }, { stored: { one: {} }, permissions: [] })
    expect((await run('deploy')).text).toContain('Authentication error [code: 10000]')
    await api.close()
    const may = await worker({ secrets: { required: ['KEY'] } }, { stored: { one: {} } })
    expect((await may('deploy')).text).toContain('required secrets have not been set: KEY')
    expect(api.state.script('one').versions).toHaveLength(1)
  })

  it('fails at the step that a test names, before or after its effect', async () => {
    const run = await worker({}, { stored: { one: {} } })
    const heal = api.failAt('deployments', { worker: 'one' })
    expect((await run('deploy')).code).toBe(1)
    expect(api.state.script('one').versions).toHaveLength(2)
    expect(api.state.script('one').deployments).toHaveLength(1)
    heal()
    api.failAt('deployments', { isAfterEffect: true })
    expect((await run('deploy')).code).toBe(1)
    expect(api.state.script('one').deployments).toHaveLength(2)
    expect(() => api.failAt('nothing')).toThrow('there is no step nothing')
  })
})
