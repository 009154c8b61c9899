import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import type { Project } from '../project/find-project.ts'
import { deploymentOf } from './deployment.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deployment-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const ISSUER = 'https://gateway.internal'

/** The gateway of a project, whose environment `production` is so. */
function gateway(environment: object): Pick<Project, 'gateway' | 'root'> {
  const config = join(dir, 'wrangler.jsonc')
  const base = { name: 'gateway', main: 'index.ts', compatibility_date: '2026-10-23' }
  writeFileSync(
    config,
    JSON.stringify({ ...base, env: { production: { vars: { JWT_ISS: ISSUER }, ...environment } } }),
  )
  return { root: dir, gateway: { name: 'gateway', dir, config } }
}

const zone = { zone_name: 'example.com' }
const vars = { JWT_ISS: ISSUER, BASE_URL: 'https://base.example.com' }

it.each<[string, object, string]>([
  [
    'its custom domain',
    { routes: ['a.example.com/*', { pattern: 'b.example.com', custom_domain: true }], vars },
    'b',
  ],
  ['its route', { routes: [{ pattern: 'a.example.com/*', ...zone }], vars }, 'a'],
  ['a route that names one host', { routes: ['*.example.com/*', 'https://c.example.com/api/*'], vars }, 'c'],
  ['BASE_URL', { vars }, 'base'],
])('a gateway is found by %s', (_, environment, name) => {
  expect(deploymentOf(gateway(environment), 'production', undefined, {})).toEqual({
    environment: 'production',
    url: `https://${name}.example.com`,
    issuer: ISSUER,
  })
})

it('--url comes before all, and its path does not count', () => {
  const found = deploymentOf(gateway({ vars }), 'production', 'https://preview.example.com/operator')
  expect(found.url).toBe('https://preview.example.com')
})

it('the development system is on this machine, at GATEWAY_PORT, else where one runs, else at its usual port', () => {
  const dev = gateway({ vars: { JWT_ISS: ISSUER, WORKER_ENV: 'dev' } })
  expect(deploymentOf(dev, 'production', undefined, {}).url).toBe('http://127.0.0.1:8787')
  mkdirSync(join(dir, '.sealgate/dev-8790'), { recursive: true })
  writeFileSync(join(dir, '.sealgate/dev-8790/control'), '')
  expect(deploymentOf(dev, 'production', undefined, {}).url).toBe('http://127.0.0.1:8790')
  expect(deploymentOf(dev, 'production', undefined, { GATEWAY_PORT: '9' }).url).toBe('http://127.0.0.1:9')
})

it.each([
  ['no address', {}, undefined, /neither a route nor BASE_URL/],
  ['no JWT_ISS', { vars: { BASE_URL: 'https://a.example.com' } }, undefined, /has no JWT_ISS/],
  ['plain http', { vars }, 'http://app.example.com', /is not an https URL/],
  ['no URL', { vars }, 'app.example.com', /is not an https URL/],
])('%s is a mistake that is named', (_, environment, url, problem) => {
  const find = (): unknown => deploymentOf(gateway(environment), 'production', url, {})
  expect(find).toThrow(UsageError)
  expect(find).toThrow(problem)
})
