import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './bundle.ts'

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** The subpaths that the kit exports, in this checkout or in another. */
export function facesOf(checkout: string = ROOT): readonly string[] {
  return Object.keys(manifest(checkout).exports).filter((face) => face !== './package.json')
}

/** What the kit leaves for its users to install. */
export function peers(): readonly string[] {
  return Object.keys(manifest(ROOT).peerDependencies)
}

function manifest(checkout: string): Manifest {
  return JSON.parse(readFileSync(join(checkout, 'packages/kit/package.json'), 'utf8')) as Manifest
}
