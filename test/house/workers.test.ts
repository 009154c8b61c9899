import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentsOf, readWorkerConfig } from 'sealgate/internal'
import { expect, it } from 'vitest'

const WORKERS = join(import.meta.dirname, '../../workers')
const names = readdirSync(WORKERS).filter((name) => existsSync(join(WORKERS, name, 'wrangler.jsonc')))

const dependenciesOf = (name: string): object => {
  const manifest = JSON.parse(readFileSync(join(WORKERS, name, 'package.json'), 'utf8')) as {
    readonly dependencies: object
  }
  return manifest.dependencies
}

it.each(names)('the Worker %s is minified, in every environment', (name) => {
  const dir = join(WORKERS, name)
  const config = join(dir, 'wrangler.jsonc')
  const environments = environmentsOf({ name, dir, config })
  expect(environments).toContain('production')
  for (const env of environments) {
    const { minify, keep_names } = readWorkerConfig(config, env)
    expect(minify).toBe(true)
    // The Agents SDK finds a class by its name (camelCaseToKebabCase(this._ParentClass.name)).
    expect(keep_names ?? true).toBe('agents' in dependenciesOf(name))
  }
})
