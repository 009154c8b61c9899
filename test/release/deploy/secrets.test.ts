import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createProgram,
  findProject,
  gatewayProblem,
  keygen,
  main,
  type RunWrangler,
  type WorkerFolder,
  wranglerWith,
} from 'sealgate/internal'
import { type CloudflareApi, startCloudflareApi } from '../../support/cloudflare/api.ts'

const project = findProject(join(import.meta.dirname, '../../..'))

let api: CloudflareApi
let folder: string
let said: string[]
const say = (text: string): void => {
  said.push(text)
}

beforeEach(() => {
  said = []
  folder = mkdtempSync(join(tmpdir(), 'secrets-'))
})
afterEach(async () => {
  await api.close()
  rmSync(folder, { recursive: true })
})

/** wrangler itself, before an API of ours. */
async function start(stored: Record<string, Record<string, string>>): Promise<{ run: RunWrangler }> {
  api = await startCloudflareApi({ stored })
  return { run: wranglerWith(api.env) }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function upload(run: RunWrangler, ...argv: string[]): Promise<void> {
  await createProgram({ run, say }).parseAsync(['--project', project.root, 'secrets', 'staging', ...argv], {
    from: 'user',
  })
}

describe('sealgate secrets', () => {
  const worker = 'sealgate-gateway-staging'

  it('uploads a file, JSON or .env, and says the names alone', async () => {
    const { run } = await start({ [worker]: { LOG_HASH_KEY: 'before' } })
    const key = keygen('--kid=slot-a', '--private')
    const json = {
      GATEWAY_PRIVATE_A: JSON.parse(key) as object,
      SESSION_SECRET: 'canary-session\n',
      LOG_HASH_KEY: '',
    }
    await upload(run, '--file', file('secrets.json', JSON.stringify(json)))
    expect(api.secrets(worker)).toEqual({
      GATEWAY_PRIVATE_A: key,
      SESSION_SECRET: 'canary-session',
      LOG_HASH_KEY: 'before',
    })
    await upload(run, '--file', file('.env', 'DATADOG_API_KEY=canary-datadog\n# a comment\n'))
    expect(api.secrets(worker).DATADOG_API_KEY).toBe('canary-datadog')
    expect(said.join('\n')).toContain('GATEWAY_PRIVATE_A, SESSION_SECRET')
    expect(said.join('\n')).not.toContain('canary')
  })

  it('lists what is set and what is missing, by name', async () => {
    const { run } = await start({ [worker]: { GATEWAY_PRIVATE_B: 'canary-key', MINE: 'canary-mine' } })
    let printed = ''
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text)
      return true
    })
    await upload(run)
    await upload(run, '--json', '--worker', 'consumer')
    write.mockRestore()
    expect(printed).toContain('gateway (sealgate-gateway-staging)\n')
    expect(printed).toMatch(
      /GATEWAY_PRIVATE_A +missing, for JWT_PRIVATE_JWK_NAME: sealgate deploy staging makes it/,
    )
    expect(printed).toMatch(/GATEWAY_PRIVATE_B +set\n/)
    expect(printed).toMatch(/MINE +set; nothing in wrangler.jsonc names it/)
    expect(printed).toContain('consumer (sealgate-consumer-staging), not deployed yet')
    expect(printed).toContain('"isDeployed": false')
    expect(printed).not.toContain('canary')
  })

  it('uploads nothing in a dry run', async () => {
    const { run } = await start({ [worker]: {} })
    await upload(run, '--dry-run', '--file', file('.env', 'SESSION_SECRET=canary-session'))
    expect(api.secrets(worker)).toEqual({})
    expect(said).toEqual(['Would upload to the gateway (staging): SESSION_SECRET'])
  })

  it('says what wrangler rejected, without the values', async () => {
    const { run } = await start({ [worker]: {} })
    api.failAt('secret-bulk')
    const rejected = upload(run, '--file', file('.env', 'SESSION_SECRET=canary-session'))
    await expect(rejected).rejects.toThrow(/wrangler rejected/)
    await expect(rejected).rejects.not.toThrow(/canary/)
  })

  it('keeps values out of what wrangler prints and logs, whatever its own settings are', async () => {
    await start({ [worker]: {} })
    const logs = join(folder, 'logs')
    const loud = { WRANGLER_LOG: 'debug', WRANGLER_LOG_SANITIZE: 'false', WRANGLER_LOG_PATH: logs }
    const printed: string[] = []
    const wrangler = wranglerWith({ ...api.env, ...loud })
    const run: RunWrangler = async (args, stdin) => {
      const outcome = await wrangler(args, stdin)
      printed.push(outcome.stdout, outcome.stderr)
      return outcome
    }
    const key = keygen('--kid=slot-a', '--private')
    const { d } = JSON.parse(key) as { d: string }
    await upload(run, '--file', file('secrets.json', JSON.stringify({ GATEWAY_PRIVATE_A: key })))
    expect(api.secrets(worker)).toEqual({ GATEWAY_PRIVATE_A: key })
    const files = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))
    expect(files).not.toEqual([])
    expect([...printed, ...files].join('\n')).not.toContain(d)
  })

  it.each([
    ['an unknown name', 'SESION_SECRET=x', /no secret SESION_SECRET/],
    ['nothing but empty values', 'SESSION_SECRET=', /no secret with a value/],
    ['half a JSON', '{"SESSION_SECRET":', /not\.$/],
    ['a number', '{"SESSION_SECRET":1}', /neither text nor an object/],
  ])('rejects a file with %s', async (_, text, problem) => {
    const { run } = await start({ [worker]: {} })
    await expect(upload(run, '--file', file('secrets', text))).rejects.toThrow(problem)
    expect(api.secrets(worker)).toEqual({})
  })

  it.each([[[]], [['--env', 'prod']], [['--env', 'staging', '--worker', 'x']], [['--unknown']]])(
    'says what to type instead of %j',
    async (argv) => {
      const { run } = await start({})
      const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      expect(await main(['--project', project.root, 'secrets', ...argv], { run, say })).toBe(2)
      error.mockRestore()
      expect(api.secrets(worker)).toEqual({})
    },
  )

  it('does not ask where there is no terminal', async () => {
    const { run } = await start({ [worker]: {} })
    await expect(upload(run, '--prompt')).rejects.toThrow(/--file/)
  })
})

describe('before a deploy', () => {
  it('knows what the gateway would say of its configuration', async () => {
    await start({})
    const text = readFileSync(project.gateway.config, 'utf8')
      .replaceAll('"AUTH0_DOMAIN": ""', '"AUTH0_DOMAIN": "tenant.us.auth0.com"')
      .replaceAll('"AUTH0_AUDIENCE": ""', '"AUTH0_AUDIENCE": "https://api.example.com"')
      .replaceAll('"AUTH0_CLIENTS": ""', '"AUTH0_CLIENTS": "web"')
    const copy = (name: string, config: string): WorkerFolder => ({
      ...project.gateway,
      config: file(name, config),
    })
    const based = text.replaceAll('"BASE_URL": ""', '"BASE_URL": "https://app.example.com"')
    const gateway = copy('wrangler.jsonc', based)
    expect(await gatewayProblem(gateway, 'staging', ['GATEWAY_PRIVATE_A'])).toBeUndefined()
    expect(await gatewayProblem(gateway, 'production', ['GATEWAY_PRIVATE_A'])).toBeUndefined()
    const server = copy('mcp.jsonc', text)
    expect(await gatewayProblem(server, 'staging', ['GATEWAY_PRIVATE_A'])).toContain('the MCP server at')
    const login = copy('login.jsonc', text.replaceAll('"AUTH0_CLIENT_ID": ""', '"AUTH0_CLIENT_ID": "web"'))
    expect(await gatewayProblem(login, 'staging', ['GATEWAY_PRIVATE_A'])).toContain('AUTH0_CLIENT_SECRET')
    const secrets = ['GATEWAY_PRIVATE_A', 'AUTH0_CLIENT_SECRET', 'SESSION_SECRET']
    expect(await gatewayProblem(login, 'staging', secrets)).toContain('BASE_URL')
    const inStore = ['AUTH0_CLIENT_SECRET', 'SESSION_SECRET'].map((binding) => ({
      binding,
      store_id: 'store',
      secret_name: binding,
    }))
    const store = copy(
      'store.jsonc',
      text
        .replaceAll('"AUTH0_CLIENT_ID": ""', '"AUTH0_CLIENT_ID": "web"')
        .replaceAll('"ratelimits":', `"secrets_store_secrets": ${JSON.stringify(inStore)}, "ratelimits":`),
    )
    expect(await gatewayProblem(store, 'staging', ['GATEWAY_PRIVATE_A'])).toContain('BASE_URL')
  })
})
