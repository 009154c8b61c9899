import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { findProject } from './find-project.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'project-')))
})
afterEach(() => rmSync(root, { recursive: true }))

function files(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), '')
  }
}

const GATEWAY = ['gateway/gateway.config.ts', 'gateway/wrangler.jsonc']

describe('findProject', () => {
  it.each(['gateway', 'workers/gateway', 'edge', 'services/front-door', 'packages/gate'])(
    'takes for the gateway the folder %s, which has gateway.config.ts beside its wrangler.jsonc',
    (folder) => {
      files(`${folder}/gateway.config.ts`, `${folder}/wrangler.jsonc`)
      const { gateway } = findProject(root)
      expect(gateway).toEqual({
        name: folder.split('/').at(-1),
        dir: join(root, folder),
        config: join(root, folder, 'wrangler.jsonc'),
      })
    },
  )

  it('takes the other folders with a wrangler.jsonc for services, by name', () => {
    files(...GATEWAY, 'services/reports/wrangler.jsonc', 'workers/billing/wrangler.jsonc', 'docs/wrangler.md')
    const { services } = findProject(root)
    expect(services.map(({ name }) => name)).toEqual(['billing', 'reports'])
    expect(services[0]?.config).toBe(join(root, 'workers/billing/wrangler.jsonc'))
  })

  it('passes over node_modules, hidden folders, and what lies deeper', () => {
    files(
      ...GATEWAY,
      'node_modules/wrangler.jsonc',
      '.cache/wrangler.jsonc',
      'bench/workers/one/wrangler.jsonc',
    )
    expect(findProject(root).services).toEqual([])
  })

  it('finds it from any folder below, the nearest one first', () => {
    files(...GATEWAY, 'gateway/src/routes/index.ts')
    files(...GATEWAY.map((path) => `examples/own/${path}`), 'examples/own/gateway/src/index.ts')
    expect(findProject(join(root, 'gateway/src/routes')).root).toBe(root)
    expect(findProject(join(root, 'examples/own/gateway/src')).root).toBe(join(root, 'examples/own'))
  })

  it('says what a project is where there is none', () => {
    files('service/wrangler.jsonc')
    expect(() => findProject(root)).toThrow(UsageError)
    expect(() => findProject(root)).toThrow(/gateway\.config\.ts beside its wrangler\.jsonc.*--project <dir>/)
  })

  it('rejects two gateways, and two Workers whose folders have one name', () => {
    files(...GATEWAY, 'workers/edge/gateway.config.ts', 'workers/edge/wrangler.jsonc')
    expect(() => findProject(root)).toThrow(/two gateways, gateway and workers\/edge/)
    rmSync(join(root, 'workers'), { recursive: true })
    files('workers/reports/wrangler.jsonc', 'services/reports/wrangler.jsonc')
    expect(() => findProject(root)).toThrow(/two Workers in folders named reports/)
  })
})
