import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { type Choices, EXTRA_NAMES, EXTRAS } from './choices.ts'

/** This package's own: it names the versions that were released together. */
const OWN = join(import.meta.dirname, '../../package.json')

/** The version of this package. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(OWN, 'utf8')) as { readonly version: string }).version
}

/** Ours, by name. */
const OURS = ['@sealgate/gateway', '@sealgate/kit', 'kit-keygen', 'sealgate'] as const

/** What a project without a service has no need of. */
const OF_SERVICES: readonly string[] = ['@sealgate/kit', 'hono']

/** Whether these choices need a package of the template. */
function isWanted(name: string, choices: Choices): boolean {
  if (OF_SERVICES.includes(name)) return choices.service
  const owners = EXTRA_NAMES.filter((extra) => EXTRAS[extra].packages.some((one) => one === name))
  return owners.length === 0 || owners.some((extra) => choices[extra])
}

type Dependencies = Readonly<Record<string, string>>

interface Manifest {
  readonly name: string
  readonly dependencies: Dependencies
  readonly devDependencies: Dependencies
  readonly [member: string]: unknown
}

/**
 * The `package.json` of a new project: what it needs, and of ours the versions that were released together with this.
 *
 * @param packages a folder with tarballs of our packages: they are installed, and so are they where one of ours needs
 * another
 * @throws UsageError when the folder lacks one
 */
export function manifestFor(template: string, choices: Choices, packages?: string): string {
  const manifest = JSON.parse(template) as Manifest
  const ours = packages === undefined ? released() : tarballsIn(resolve(packages))
  const pick = (all: Dependencies): Dependencies =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => isWanted(name, choices))
        .map(([name, range]) => [name, ours[name] ?? range]),
    )
  const own = {
    ...manifest,
    name: choices.name,
    dependencies: pick(manifest.dependencies),
    devDependencies: pick(manifest.devDependencies),
    ...(packages !== undefined && { overrides: ours }),
  }
  return `${JSON.stringify(own, null, 2)}\n`
}

/** What pnpm reads in place of `overrides` in a `package.json`: more lines of a `pnpm-workspace.yaml`. */
export function pnpmOverrides(packages: string): string {
  const lines = Object.entries(tarballsIn(resolve(packages))).map(([name, file]) => `  '${name}': '${file}'`)
  return ['overrides:', ...lines, ''].join('\n')
}

function released(): Dependencies {
  const { version, dependencies } = JSON.parse(readFileSync(OWN, 'utf8')) as {
    readonly version: string
    readonly dependencies: Dependencies
  }
  const versions: Dependencies = { ...dependencies, sealgate: version }
  return Object.fromEntries(OURS.map((name) => [name, `^${versions[name] ?? version}`]))
}

function tarballsIn(folder: string): Dependencies {
  const files = readdirSync(folder)
  return Object.fromEntries(
    OURS.map((name) => {
      // As npm pack names them: @scope/name is scope-name.
      const prefix = `${name.replace('@', '').replace('/', '-')}-`
      const file = files.find(
        (one) => one.startsWith(prefix) && /^\d.*[.]tgz$/.test(one.slice(prefix.length)),
      )
      if (file === undefined) throw new UsageError(`${folder} has no tarball of ${name}: npm pack makes it.`)
      return [name, `file:${join(folder, file)}`]
    }),
  )
}
