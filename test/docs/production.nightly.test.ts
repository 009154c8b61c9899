/**
 * The steps of docs/guides/production.md, as they stand there, from an empty folder to a system that serves: the real
 * wrangler before a Cloudflare of this machine, which runs what it gets on workerd. What no test can do is left out: the
 * login in a browser, and the installation of packages from the registry.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMain } from 'sealgate/create'
import { main, startTenant, type Tenant, wranglerWith } from 'sealgate/internal'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type CloudflareApi, startCloudflareApi } from '../support/cloudflare/api.ts'
import { type Runtime, startRuntime } from '../support/cloudflare/runtime.ts'
import { networkTo } from '../support/doctor/tenant.ts'
import { ROOT } from '../support/root.ts'
import { codeOf, commands, steps } from './production-steps.ts'

const HOST = 'https://app.example.com'

let folder: string
let api: CloudflareApi
let runtime: Runtime
let tenant: Tenant
let said = ''

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'production-')))
  tenant = await startTenant({ quiet: true })
  api = await startCloudflareApi()
  runtime = await startRuntime(api.state, { rateLimit: 1000 })
  api.onDeployment((script) => runtime.reconcile(script))
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    said += String(chunk)
    return true
  })
})
afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  await runtime.close()
  await api.close()
  await tenant.close()
  rmSync(folder, { recursive: true })
})

const say = (line: string): void => {
  said += `${line}\n`
}
const project = (): string => join(folder, 'my-system')
const wrangler = (args: readonly string[], stdin?: string): ReturnType<ReturnType<typeof wranglerWith>> =>
  wranglerWith({ ...api.env, NO_COLOR: '1' })(args, stdin)

/** Runs a line of the page where it says so. `--yes` stands for the confirmation. */
async function type(line: string, confirmation: readonly string[] = []): Promise<number> {
  const [program = '', name = '', ...words] = line.split(/\s+/)
  if (program === 'npm' && name === 'create') {
    const args = words.filter((word) => word !== 'sealgate' && word !== '--')
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
    const code = await createMain([...args, '--no-install', '--no-git'], say)
    cwd.mockRestore()
    return code
  }
  if (name === 'sealgate') {
    return main(['--project', project(), ...words, ...confirmation], { run: wrangler, say })
  }
  const args = words.map((word) => (word.endsWith('wrangler.jsonc') ? join(project(), word) : word))
  const { code, stdout, stderr } = await wrangler(args)
  say(stdout + stderr)
  return code
}

/** Puts what the page shows into `env.production` of a Worker's file. */
function fillIn(file: string, change: (production: string) => string): void {
  const path = join(project(), file)
  const whole = readFileSync(path, 'utf8')
  const begin = whole.indexOf('"production": {')
  const end = whole.indexOf('"staging": {')
  writeFileSync(path, whole.slice(0, begin) + change(whole.slice(begin, end)) + whole.slice(end))
}

it('brings an empty folder to production, step by step', async () => {
  const [create = '', login = '', kv = '', doctor = '', plan = '', deploy = '', secrets = ''] = commands
  expect(await type(create)).toBe(0)
  symlinkSync(join(ROOT, 'node_modules'), join(project(), 'node_modules'))
  // A token stands for the login.
  expect(login).toBe('npx wrangler login')

  expect(await type(kv)).toBe(0)
  const [id = ''] = [...api.state.namespaces.keys()]
  expect(said).toContain(id)
  const bindings = /Put `("kv_namespaces": [^`]*)`/.exec(steps)?.[1]?.replace('…', id) ?? ''
  const variable = /`("JWT_DENYLIST_NAME": "DENYLIST")`/.exec(steps)?.[1] ?? ''
  for (const file of ['gateway/wrangler.jsonc', 'services/reports/wrangler.jsonc']) {
    fillIn(file, (text) => text.replace('"vars": {', `${bindings},\n"vars": {\n${variable},`))
  }

  const [shown = ''] = codeOf('jsonc')
  const [, routes = ''] = /("routes": .*),/.exec(shown) ?? []
  fillIn('gateway/wrangler.jsonc', (text) =>
    [...shown.matchAll(/"(AUTH0_\w+)": ("[^"]*")/g)].reduce(
      (filled, [, name = '', value = '']) => filled.replace(`"${name}": ""`, `"${name}": ${value}`),
      text.replace('"vars": {', `${routes},\n"vars": {`),
    ),
  )
  const real = fetch
  const toTenant = networkTo(tenant)
  vi.stubGlobal('fetch', async (input: Request | string | URL, init?: RequestInit) => {
    const url = input instanceof Request ? input.url : String(input)
    if (url.startsWith(HOST)) {
      const own = url.replace(HOST, await runtime.url('my-system-gateway-production'))
      return input instanceof Request ? real(new Request(own, input)) : real(own, init)
    }
    return url.startsWith('http://127.0.0.1') ? real(input, init) : toTenant(input, init)
  })

  said = ''
  expect(await type(doctor), said).toBe(0)
  expect(said).toContain('the gateway is at app.example.com')
  expect(await type(plan, ['--no-smoke'])).toBe(0)
  expect(api.state.scripts.size).toBe(0)
  said = ''
  expect(await type(deploy, ['--yes']), said).toBe(0)
  expect(said).toContain('REPORTS, audience reports: ok')
  expect(said).toContain('production is deployed, and serves.')
  expect([...api.state.domains]).toEqual([['app.example.com', 'my-system-gateway-production']])
  said = ''
  expect(await type(secrets)).toBe(0)
  expect(said).toMatch(/GATEWAY_PRIVATE_A +set/)
  expect(said).not.toContain('missing')
})
