import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readWorkerConfig } from 'sealgate/internal'
import { expect, it } from 'vitest'

const WORKERS = join(import.meta.dirname, '../../workers')
const names = readdirSync(WORKERS).filter((name) => existsSync(join(WORKERS, name, 'wrangler.jsonc')))
const ENVIRONMENTS = ['', 'staging', 'dev']

const dependenciesOf = (name: string): object => {
  const manifest = JSON.parse(readFileSync(join(WORKERS, name, 'package.json'), 'utf8')) as {
    readonly dependencies: object
  }
  return manifest.dependencies
}

it.each(names)('the Worker %s is minified, in every environment', (name) => {
  for (const env of ENVIRONMENTS) {
    const { minify, keep_names } = readWorkerConfig(join(WORKERS, name, 'wrangler.jsonc'), env)
    expect(minify).toBe(true)
    // The Agents SDK finds a class by its name (camelCaseToKebabCase(this._ParentClass.name)).
    expect(keep_names ?? true).toBe('agents' in dependenciesOf(name))
  }
})
