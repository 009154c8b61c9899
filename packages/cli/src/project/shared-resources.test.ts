import { describe, expect, it } from 'vitest'
import { type Claimant, sharedResources } from './shared-resources.ts'
import type { WorkerConfig } from './worker-config.ts'

function claimant(
  environment: string,
  config: Partial<WorkerConfig>,
  file = 'gateway/wrangler.jsonc',
): Claimant {
  const base = { vars: {}, kv_namespaces: [], durable_objects: { bindings: [] }, ratelimits: [] }
  return { environment, file, config: { ...base, secrets_store_secrets: [], ...config } }
}

describe('sharedResources', () => {
  it('finds what two environments claim: a hostname in any form, a Worker, a KV namespace, a rate limiter', () => {
    const found = sharedResources([
      claimant('production', {
        name: 'gateway',
        routes: [{ pattern: 'App.example.com', custom_domain: true }],
        kv_namespaces: [{ binding: 'LIST', id: 'abc' }],
        ratelimits: [{ name: 'A', namespace_id: '1' }],
      }),
      claimant('staging', {
        name: 'gateway',
        route: 'https://app.example.com/api/*',
        kv_namespaces: [{ binding: 'OTHER', id: 'abc' }],
        ratelimits: [{ name: 'A', namespace_id: '1' }],
      }),
    ])
    const places = ['gateway/wrangler.jsonc, env.production', 'gateway/wrangler.jsonc, env.staging']
    expect(found).toEqual([
      { kind: 'hostname', value: 'app.example.com', places },
      { kind: 'Worker', value: 'gateway', places },
      { kind: 'KV namespace', value: 'abc', places },
      { kind: 'rate limiter', value: '1', places },
    ])
  })

  it('lets Workers of one environment share what is theirs', () => {
    expect(
      sharedResources([
        claimant('production', { name: 'gateway', kv_namespaces: [{ binding: 'LIST', id: 'abc' }] }),
        claimant(
          'production',
          { name: 'reports', kv_namespaces: [{ binding: 'LIST', id: 'abc' }] },
          'reports',
        ),
        claimant('staging', { name: 'gateway-staging', kv_namespaces: [{ binding: 'LIST' }] }),
        claimant('dev', { name: 'gateway-dev', kv_namespaces: [{ binding: 'LIST' }] }),
      ]),
    ).toEqual([])
  })
})
