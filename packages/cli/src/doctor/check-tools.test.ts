import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Project } from '../project/find-project.ts'
import { checkTools } from './check-tools.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tools-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const folder = (name: string) => ({ name, dir: join(root, name), config: join(root, name, 'wrangler.jsonc') })
const project = (): Project => ({ root, gateway: folder('gateway'), services: [folder('reports')] })

function install(at: string, name: string, version: string): void {
  const path = join(root, at, 'node_modules', name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version }))
}

const statuses = (node: string, wrangler: string): Record<string, string> =>
  Object.fromEntries(checkTools(project(), { node, wrangler }).map(({ id, status }) => [id, status]))

it.each([
  ['22.18.0', '4.100.0', 'ok node', 'ok wrangler'],
  ['24.0.0', '5.0.0', 'ok node', 'ok wrangler'],
  ['22.9.0', '4.99.9', 'fail node', 'fail wrangler'],
  ['20.20.2', '3.200.0', 'fail node', 'fail wrangler'],
])('of Node %s and wrangler %s says %s and %s', (node, wrangler, forNode, forWrangler) => {
  const said = Object.entries(statuses(node, wrangler)).map(([id, status]) => `${status} ${id}`)
  expect(said).toEqual(expect.arrayContaining([forNode, forWrangler]))
})

it('finds packages of one version, wherever they are', () => {
  install('', '@sealgate/gateway', '1.2.0')
  install('services', '@sealgate/kit', '1.2.0')
  expect(statuses('24.0.0', '4.155.0').packages).toBe('ok')
})

it('names packages of two versions, with the command that makes them one', () => {
  install('', '@sealgate/gateway', '1.10.0')
  install('reports', '@sealgate/kit', '1.9.0')
  const found = checkTools(project(), { node: '24.0.0', wrangler: '4.155.0' }).find(
    ({ id }) => id === 'packages',
  )
  expect(found).toMatchObject({
    status: 'fail',
    fix: 'npm install @sealgate/gateway@1.10.0 @sealgate/kit@1.10.0',
  })
  expect(found?.message).toContain('@sealgate/kit 1.9.0 (reports/node_modules/@sealgate/kit)')
})

it('says that nothing is installed', () => {
  expect(statuses('24.0.0', '4.155.0').packages).toBe('fail')
})
