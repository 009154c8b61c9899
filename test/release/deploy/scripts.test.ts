import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createProgram,
  deploy,
  findProject,
  gatewayProblem,
  keygen,
  main,
  type RunWrangler,
  storedSecrets,
  type WorkerFolder,
  wranglerWith,
} from 'sealgate/internal'
import { type CloudflareApi, startCloudflareApi } from '../../support/platform/cloudflare-api.ts'

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

/** wrangler itself, before an API of ours. Uploads of code are recorded in place of done. */
async function start(
  stored: Record<string, Record<string, string>>,
): Promise<{ run: RunWrangler; deployed: string[] }> {
  api = await startCloudflareApi(stored)
  const real = wranglerWith(api.env)
  const deployed: string[] = []
  const run: RunWrangler = (args, stdin) => {
    if (args[0] !== 'deploy' || args.includes('--dry-run')) return real(args, stdin)
    deployed.push(args.join(' ').replace(/--config \S*(workers|\.sealgate)\//, ''))
    return Promise.resolve({ code: 0, stdout: '', stderr: '' })
  }
  return { run, deployed }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function upload(run: RunWrangler, ...argv: string[]): Promise<void> {
  await createProgram({ run, say }).parseAsync(['secrets', '--env', 'staging', ...argv], { from: 'user' })
}

describe('npm run secrets', { timeout: 60_000 }, () => {
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

  it('uploads nothing in a dry run', async () => {
    const { run } = await start({ [worker]: {} })
    await upload(run, '--dry-run', '--file', file('.env', 'SESSION_SECRET=canary-session'))
    expect(api.secrets(worker)).toEqual({})
    expect(said).toEqual(['Would upload to the gateway (staging): SESSION_SECRET'])
  })

  it('says what wrangler rejected, without the values', async () => {
    const { run } = await start({})
    const rejected = upload(run, '--file', file('.env', 'SESSION_SECRET=canary-session'))
    await expect(rejected).rejects.toThrow(/wrangler rejected/)
    await expect(rejected).rejects.not.toThrow(/canary/)
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
      expect(await main(['secrets', ...argv], { run, say })).toBe(2)
      error.mockRestore()
      expect(api.secrets(worker)).toEqual({})
    },
  )

  it('does not ask where there is no terminal', async () => {
    const { run } = await start({ [worker]: {} })
    await expect(upload(run)).rejects.toThrow(/--file/)
  })
})

describe('npm run deploy', { timeout: 120_000 }, () => {
  const options = { project, environment: 'staging', isDryRun: false }

  it('asks for secrets first', async () => {
    const { run, deployed } = await start({})
    await expect(deploy(options, run, say)).rejects.toThrow('npm run secrets -- --env staging')
    expect(deployed).toEqual([])
  })

  it('says which variable is missing, before anything is deployed', async () => {
    const { run, deployed } = await start({ 'sealgate-gateway-staging': { GATEWAY_PRIVATE_A: 'x' } })
    await expect(deploy(options, run, say)).rejects.toThrow(/AUTH0_DOMAIN is required/)
    expect(deployed).toEqual([])
  })

  it('deploys the gateway first without its bindings, while a consumer is missing', async () => {
    const { run, deployed } = await start({ 'sealgate-gateway-staging': { GATEWAY_PRIVATE_A: 'x' } })
    await deploy(options, run, say, () => Promise.resolve(undefined))
    expect(deployed).toEqual([
      'deploy bootstrap-staging.json',
      'deploy consumer/wrangler.jsonc --env staging',
      'deploy gateway/wrangler.jsonc --env staging',
    ])
    expect(said.filter((line) => line.startsWith('Dry run'))).toHaveLength(3)
  })

  it('leaves that out later, and deploys nothing in a dry run', async () => {
    const { run, deployed } = await start({
      'sealgate-gateway-staging': { GATEWAY_PRIVATE_B: 'x' },
      'sealgate-consumer-staging': {},
    })
    await deploy({ ...options, isDryRun: true }, run, say, () => Promise.resolve(undefined))
    expect(deployed).toEqual([])
    expect(said.at(-1)).toBe('Would deploy: consumer, gateway')
  })

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
    const gateway = copy('wrangler.jsonc', text)
    expect(await gatewayProblem(gateway, 'staging', ['GATEWAY_PRIVATE_A'])).toBeUndefined()
    expect(await gatewayProblem(gateway, 'production', ['GATEWAY_PRIVATE_A'])).toBeUndefined()
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
    expect(storedSecrets(store, 'staging')).toEqual(['AUTH0_CLIENT_SECRET', 'SESSION_SECRET'])
    expect(await gatewayProblem(store, 'staging', ['GATEWAY_PRIVATE_A'])).toContain('BASE_URL')
  })

  it('names its arguments', async () => {
    const { run, deployed } = await start({})
    for (const argv of [[], ['--env', 'prod'], ['--nope']]) {
      const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
      expect(await main(['deploy', ...argv], { run, say })).toBe(2)
      error.mockRestore()
    }
    expect(said).toContain('There is no environment prod: --env production or --env staging or --env dev')
    expect(deployed).toEqual([])
  })
})
