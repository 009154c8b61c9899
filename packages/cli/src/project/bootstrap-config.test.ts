import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bootstrapConfig } from './bootstrap-config.ts'
import type { WorkerFolder } from './find-project.ts'
import { readWorkerConfig } from './worker-config.ts'

let dir: string
let gateway: WorkerFolder
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bootstrap-'))
  gateway = { name: 'gateway', dir, config: join(dir, 'wrangler.jsonc') }
  const config = {
    name: 'gateway',
    main: 'src/index.ts',
    compatibility_date: '2026-10-23',
    minify: true,
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Session'] }],
    env: {
      production: {
        routes: [{ pattern: 'app.example.com', custom_domain: true }],
        triggers: { crons: ['* * * * *'] },
        vars: { JWT_ISS: 'https://gateway.internal' },
        secrets: { required: ['GATEWAY_PRIVATE_A'] },
        services: [{ binding: 'REPORTS', service: 'reports-production' }],
        tail_consumers: [{ service: 'tail' }],
        durable_objects: { bindings: [{ name: 'SESSIONS', class_name: 'Session' }] },
        kv_namespaces: [{ binding: 'DENYLIST', id: 'abc' }],
      },
    },
  }
  writeFileSync(gateway.config, JSON.stringify(config))
})
afterEach(() => rmSync(dir, { recursive: true }))

/** As wrangler reads it from another folder. */
function readBack(): Readonly<Record<string, unknown>> {
  const folder = join(dir, '.sealgate')
  mkdirSync(folder)
  const file = join(folder, 'bootstrap.json')
  writeFileSync(file, JSON.stringify(bootstrapConfig(gateway, 'production')))
  return { ...readWorkerConfig(file, '') }
}

it('is that Worker: its name, code, variables, Durable Objects with their migrations, and KV', () => {
  const whole = readWorkerConfig(gateway.config, 'production')
  const first = readBack()
  expect(first).toMatchObject({
    name: 'gateway-production',
    main: join(dir, 'src/index.ts'),
    vars: { ...whole.vars, ROUTES: '[]' },
    minify: true,
    durable_objects: whole.durable_objects,
    migrations: whole.migrations,
    kv_namespaces: whole.kv_namespaces,
    compatibility_date: '2026-10-23',
  })
})

it('names no other Worker, brings no requests, and requires no secret', () => {
  const first = readBack()
  expect(first.services ?? []).toEqual([])
  expect(first.routes ?? []).toEqual([])
  // Unset means yes where there is no route.
  expect(first).toMatchObject({ workers_dev: false, preview_urls: false })
  expect(first.tail_consumers ?? []).toEqual([])
  expect(first.triggers).toEqual({})
  expect(first.secrets ?? {}).toEqual({})
})
