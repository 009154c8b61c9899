import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isObject, parseJson } from '@sealgate/kit/gateway'
import type { Project } from '../project/find-project.ts'
import { wranglerVersion } from '../wrangler/run.ts'
import { type Finding, listed, reporterFor } from './finding.ts'

const report = reporterFor('tools')

/** Node runs `gateway.config.ts` as it is from here on. */
const MIN_NODE = '22.18.0'
/** The oldest wrangler whose commands and output this one knows. */
const MIN_WRANGLER = '4.100.0'
/** They are released together, and tested together. */
const PACKAGES = ['sealgate', '@sealgate/gateway', '@sealgate/kit', 'kit-keygen']

/** The tools that run here. */
export interface Versions {
  readonly node: string
  readonly wrangler: string
}

export function checkTools(
  project: Project,
  versions: Versions = { node: process.versions.node, wrangler: wranglerVersion() },
): readonly Finding[] {
  return [
    isAtLeast(versions.node, MIN_NODE)
      ? report.ok('node', `Node ${versions.node}`)
      : report.fail(
          'node',
          `Node ${versions.node} is older than ${MIN_NODE}`,
          `install Node ${MIN_NODE} or newer: https://nodejs.org`,
        ),
    isAtLeast(versions.wrangler, MIN_WRANGLER)
      ? report.ok('wrangler', `wrangler ${versions.wrangler}`)
      : report.fail(
          'wrangler',
          `wrangler ${versions.wrangler} is older than ${MIN_WRANGLER}`,
          'npm install --save-dev wrangler@4',
        ),
    ...packageFindings(project),
  ]
}

/** A package as a folder of the project has it. */
interface Installed {
  readonly name: string
  readonly version: string
  readonly where: string
}

function packageFindings({ root, gateway, services }: Project): readonly Finding[] {
  const folders = [root, gateway.dir, ...services.map(({ dir }) => dir)]
  const found = folders.flatMap((folder) => PACKAGES.flatMap((name) => installedIn(folder, name, root) ?? []))
  if (!found.some(({ name }) => name === '@sealgate/gateway')) {
    return [report.fail('packages', '@sealgate/gateway is not installed', 'npm install')]
  }
  const versions = [...new Set(found.map(({ version }) => version))]
  if (versions.length === 1) return [report.ok('packages', `Sealgate ${versions[0] ?? ''}`)]
  const newest = versions.reduce((one, other) => (isAtLeast(one, other) ? one : other))
  const each = [...new Set(found.map(({ name, version, where }) => `${name} ${version} (${where})`))]
  const names = [...new Set(found.map(({ name }) => name))]
  return [
    report.fail(
      'packages',
      `the packages of Sealgate are of several versions: ${listed(each)}`,
      `npm install ${names.map((name) => `${name}@${newest}`).join(' ')}`,
    ),
  ]
}

/** What `import` finds from a folder: the nearest `node_modules` that has it. */
function installedIn(folder: string, name: string, root: string): Installed | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'node_modules', name)
    const manifest = join(path, 'package.json')
    if (existsSync(manifest)) {
      const parsed = parseJson(readFileSync(manifest, 'utf8'))
      const version = isObject(parsed) && typeof parsed.version === 'string' ? parsed.version : 'unknown'
      return { name, version, where: relative(root, path) }
    }
    if (at === dirname(at)) return undefined
  }
}

/** Compares what stands before the first hyphen: 4.100.0-rc.1 counts as 4.100.0. */
function isAtLeast(version: string, least: string): boolean {
  const [ours, theirs] = [version, least].map((text) => (text.split('-')[0] ?? '').split('.').map(Number))
  for (const [index, number] of (theirs ?? []).entries()) {
    const other = ours?.[index] ?? 0
    if (other !== number) return other > number
  }
  return true
}
