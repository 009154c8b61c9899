import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { environmentsOf, findProject } from 'sealgate/internal'

const ROOT = join(import.meta.dirname, '../../..')

interface Config {
  readonly name: string
  readonly workers_dev: boolean
  readonly preview_urls: boolean
  readonly observability: object
  readonly vars: Readonly<Record<string, unknown>>
  readonly services?: readonly { readonly service: string; readonly entrypoint?: string }[]
  readonly routes?: unknown
  readonly route?: unknown
  readonly kv_namespaces: readonly unknown[]
  readonly version_metadata?: { readonly binding: string }
  readonly durable_objects: { readonly bindings: readonly { readonly name: string }[] }
}

function read(worker: string, env: string): Config {
  const config: unknown = unstable_readConfig(
    { config: join(ROOT, 'workers', worker, 'wrangler.jsonc'), ...(env !== '' && { env }) },
    { hideWarnings: true },
  )
  return config as Config
}

const { gateway, services } = findProject(ROOT)
const EVERY_ENVIRONMENT = [gateway, ...services].flatMap((worker) =>
  environmentsOf(worker).map((env) => [worker.name, env] as const),
)

describe.each(EVERY_ENVIRONMENT)('%s, environment "%s"', (worker, env) => {
  const config = read(worker, env)

  it('is on no address of its own, and keeps query strings, paths and headers of callers out of logs', () => {
    expect(config.workers_dev).toBe(false)
    expect(config.preview_urls).toBe(false)
    expect(config.observability).toMatchObject({
      enabled: true,
      redact_query_string: true,
      logs: { enabled: true, invocation_logs: false },
    })
  })

  it('holds no secret', () => {
    const text = JSON.stringify(config.vars)
    expect(text).not.toMatch(/"d":|SECRET"|-----BEGIN/)
    expect(
      Object.keys(config.vars).filter((name) =>
        /SECRET$|_KEY$|PRIVATE_JWK$|^GATEWAY_PRIVATE|^EXCHANGE_CLIENTS$/.test(name),
      ),
    ).toEqual([])
  })

  it('binds Workers of its own environment, each by the entrypoint of least privilege', () => {
    for (const { service, entrypoint } of config.services ?? []) {
      expect(service).toMatch(new RegExp(`^sealgate-(gateway|consumer)-${env}$`))
      if (service.startsWith('sealgate-gateway')) expect(entrypoint).toMatch(/^(Keys|Exchange)$/)
    }
  })
})

it.each([gateway, ...services].map(({ name }) => [name]))(
  'the top level of the %s holds what all environments share: no route, no variable, no binding',
  (worker) => {
    const {
      routes,
      route,
      vars,
      services: bound,
      kv_namespaces: kv,
      durable_objects: objects,
    } = read(worker, '')
    expect({ routes, route, vars, bound, kv, objects }).toEqual({
      ...{ routes: undefined, route: undefined, vars: {}, bound: [], kv: [] },
      objects: { bindings: [] },
    })
  },
)

it('a Worker is named after its folder’s name and its environment', () => {
  expect(read('gateway', 'production').name).toBe('sealgate-gateway-production')
  expect(read('consumer', 'staging').name).toBe('sealgate-consumer-staging')
})
