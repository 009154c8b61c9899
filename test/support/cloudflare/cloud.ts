import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  keygen,
  main,
  readWorkerConfig,
  type RunWrangler,
  startTenant,
  type Tenant,
  type WorkerConfig,
  wranglerWith,
} from 'sealgate/internal'
import { type CloudflareApi, startCloudflareApi } from './api.ts'
import { type Runtime, type RuntimeOptions, startRuntime } from './runtime.ts'

export interface CloudOptions extends RuntimeOptions {
  readonly gatewayVars?: Readonly<Record<string, string>>
  readonly consumerVars?: Readonly<Record<string, string>>
  /** Default: keys in both slots, of which B signs. */
  readonly gatewaySecrets?: Readonly<Record<string, string>>
}

/** What a command did. */
export interface CommandOutcome {
  readonly code: number
  readonly stdout: string
  /** What it said on stderr. */
  readonly said: string
}

/**
 * A project with the gateway and the service of this repository, deployed by the real wrangler to a Cloudflare on this
 * machine, which runs it.
 */
export interface Cloud {
  readonly api: CloudflareApi
  readonly runtime: Runtime
  readonly tenant: Tenant
  /** The project's root. */
  readonly folder: string
  /** Where their public requests go. */
  readonly gatewayUrl: string
  readonly consumerUrl: string
  /** The id of the deny-list's KV namespace. */
  readonly denylist: string
  /** wrangler against this Cloudflare. */
  readonly run: RunWrangler
  /** How long the slowest run of wrangler took: what to reckon with on this machine now. */
  readonly slowestSeconds: number
  /** wrangler for the gateway, as a person would run it. @throws Error with what it said */
  wrangler(args: readonly string[], stdin?: string): Promise<string>
  /** `sealgate`, in this project, with the operator's key. */
  sealgate(...args: readonly string[]): Promise<CommandOutcome>
  close(): Promise<void>
}

const ROOT = join(import.meta.dirname, '../../..')
export const ENVIRONMENT = 'staging'
export const GATEWAY: string = `sealgate-gateway-${ENVIRONMENT}`
export const CONSUMER: string = `sealgate-consumer-${ENVIRONMENT}`

export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-cloud-'))
  const tenant = await startTenant({ quiet: true })
  const operator = newOperator()
  const slots = options.gatewaySecrets ?? {
    GATEWAY_PRIVATE_A: olderSlot(),
    GATEWAY_PRIVATE_B: keygen('--kid=slot-b', '--private'),
  }
  // Both are there already, without code: each binds the other.
  const api = await startCloudflareApi({
    stored: { [GATEWAY]: { ...slots, OPERATOR_KEYS: operator.public }, [CONSUMER]: {} },
  })
  const runtime = await startRuntime(api.state, { rateLimit: 1_000_000, ...options })
  api.onDeployment((script) => runtime.reconcile(script))
  const denylist = api.state.createNamespace('denylist')
  const host = new URL(tenant.baseUrl).host
  const gateway = writeWorker(folder, 'gateway', denylist, {
    ...{ AUTH0_DOMAIN: host, AUTH0_BASE_URL: tenant.baseUrl, JWT_DENYLIST_NAME: 'DENYLIST' },
    ...options.gatewayVars,
  })
  const consumer = writeWorker(folder, 'consumer', denylist, {
    JWT_DENYLIST_NAME: 'DENYLIST',
    ...options.consumerVars,
  })
  const real = wranglerWith(api.env)
  let slowestSeconds = 0
  const run: RunWrangler = async (args, stdin) => {
    const start = performance.now()
    const outcome = await real(args, stdin)
    slowestSeconds = Math.max(slowestSeconds, (performance.now() - start) / 1000)
    return outcome
  }
  const wrangler = async (config: string, args: readonly string[], stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await run([...args, '--config', config, '--env', ENVIRONMENT], stdin)
    if (code !== 0) throw new Error(`wrangler ${args.join(' ')}:\n${stderr || stdout}`)
    return stdout
  }
  await Promise.all([wrangler(consumer, ['deploy']), wrangler(gateway, ['deploy'])])
  const [gatewayUrl, consumerUrl] = await Promise.all([runtime.url(GATEWAY), runtime.url(CONSUMER)])

  return {
    ...{ api, runtime, tenant, folder, gatewayUrl, consumerUrl, denylist, run },
    get slowestSeconds() {
      return slowestSeconds
    },
    wrangler: (args, stdin) => wrangler(gateway, args, stdin),
    sealgate: (...args) => sealgate(folder, run, operator.private, args),
    async close() {
      await runtime.close()
      await api.close()
      await tenant.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A slot whose key is older than any that is made now. */
function olderSlot(): string {
  const key = JSON.parse(keygen('--kid=slot-a', '--private')) as { nbf: number }
  return JSON.stringify({ ...key, nbf: key.nbf - 86_400 })
}

function newOperator(): { readonly public: string; readonly private: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const named = (key: object): object => ({ ...key, kid: 'operator-of-the-test', alg: 'EdDSA' })
  return {
    public: JSON.stringify([named(publicKey.export({ format: 'jwk' }))]),
    private: JSON.stringify(named(privateKey.export({ format: 'jwk' }))),
  }
}

/** A Worker's folder in the project: the code of this repository's, its development configuration under another name. */
function writeWorker(
  folder: string,
  name: 'gateway' | 'consumer',
  denylist: string,
  vars: Readonly<Record<string, string>>,
): string {
  const here = join(ROOT, 'workers', name)
  const read = readWorkerConfig(join(here, 'wrangler.jsonc'), 'dev')
  const directory = join(folder, name)
  mkdirSync(directory)
  if (name === 'gateway')
    writeFileSync(
      join(directory, 'gateway.config.ts'),
      `export { default } from '${here}/gateway.config.ts'\n`,
    )
  const config = join(directory, 'wrangler.jsonc')
  const text = {
    name: `sealgate-${name}`,
    main: join(here, 'src/index.ts'),
    compatibility_date: '2026-10-23',
    workers_dev: false,
    preview_urls: false,
    migrations: read.migrations,
    env: { [ENVIRONMENT]: environmentOf(read, denylist, vars) },
  }
  writeFileSync(config, JSON.stringify(text, undefined, 2))
  return config
}

function environmentOf(read: WorkerConfig, denylist: string, vars: Readonly<Record<string, string>>): object {
  return {
    vars: { ...read.vars, ...vars },
    services: read.services?.map((one) => ({
      ...one,
      service: one.service.replace(/-dev$/, `-${ENVIRONMENT}`),
    })),
    durable_objects: read.durable_objects,
    ratelimits: read.ratelimits,
    kv_namespaces: [{ binding: 'DENYLIST', id: denylist }],
    version_metadata: { binding: 'CF_VERSION_METADATA' },
  }
}

/** In this process: a process of its own takes a second more to start. */
async function sealgate(
  folder: string,
  run: RunWrangler,
  operatorKey: string,
  args: readonly string[],
): Promise<CommandOutcome> {
  const said: string[] = []
  let stdout = ''
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (chunk: unknown) => {
    stdout += String(chunk)
    return true
  }
  process.env.SEALGATE_OPERATOR_KEY = operatorKey
  try {
    const code = await main(['--project', folder, ...args], { run, say: (line) => said.push(line) })
    return { code, stdout, said: said.join('\n') }
  } finally {
    process.stdout.write = write
    delete process.env.SEALGATE_OPERATOR_KEY
  }
}
