import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type Choices, EXTRA_NAMES, EXTRAS } from './choices.ts'
import { manifestFor, pnpmOverrides } from './manifest.ts'
import { render } from './template.ts'

const TEMPLATE = join(import.meta.dirname, '../../templates/project')

type Part = readonly [prefix: string, isWanted: (choices: Choices) => boolean]

/** Parts of the template that belong to one choice, by the beginning of their path. */
const PARTS: readonly Part[] = [
  ...partsOf('reports', ({ service }) => service),
  ...EXTRA_NAMES.flatMap((name) => partsOf(EXTRAS[name].folder, (choices) => choices[name])),
  ['pnpm-workspace.yaml', ({ installer }) => installer === 'pnpm'],
]

/** A service and its tests. */
function partsOf(folder: string, isWanted: (choices: Choices) => boolean): readonly Part[] {
  return [
    [`services/${folder}/`, isWanted],
    [`test/${folder}.`, isWanted],
  ]
}

/** What tools would take for their own here: `npm pack` leaves files out by a .gitignore, ESLint reads the nearest config. */
const RENAMED: Readonly<Record<string, string>> = {
  _gitignore: '.gitignore',
  '_eslint.config.js': 'eslint.config.js',
}

/**
 * The files of a new project: path, with forward slashes, to text.
 *
 * @param packages a folder with tarballs of our packages, to install in place of those of the registry
 */
export function projectFiles(choices: Choices, packages?: string): ReadonlyMap<string, string> {
  const paths = readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => PARTS.every(([prefix, isWanted]) => !path.startsWith(prefix) || isWanted(choices)))
    .sort()
  return new Map(paths.map((path) => [RENAMED[path] ?? path, textOf(path, choices, packages)]))
}

function textOf(path: string, choices: Choices, packages: string | undefined): string {
  const text = readFileSync(join(TEMPLATE, path), 'utf8')
  if (path === 'package.json') return manifestFor(text, choices, packages)
  const rendered = render(text, choices)
  return path === 'pnpm-workspace.yaml' && packages !== undefined
    ? rendered + pnpmOverrides(packages)
    : rendered
}
