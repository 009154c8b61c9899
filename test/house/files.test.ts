/** How the files of the packages stand: few at the top, one name once, none too long; and in the words of the field. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
/** Loaded by its path: it is JavaScript, as dependency-cruiser wants it. */
const { HOUSE } = (await import(join(ROOT, '.dependency-cruiser.mjs'))) as {
  readonly HOUSE: Readonly<Record<string, readonly (readonly string[])[]>>
}
const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const linesOf = (path: string): number => read(path).split('\n').length - 1

/** Who needs more lines has two ideas in one file. */
const MAX_LINES = 300

/** Files of one name in one package, and why nobody takes one for the other. */
const SAME_NAME: Readonly<Record<string, string>> = {
  'packages/kit: config/from-env, external/from-env':
    'settings of a kit, and a verifier of other issuers’ tokens',
  'packages/kit: external/algorithms, jose/algorithms':
    'the algorithms of other issuers’ tokens, and of internal ones',
  'packages/gateway: config/exchange, rpc/exchange': 'the settings of one domain, and its entrypoint',
  'packages/gateway: config/session, routes/session': 'the settings of one domain, and its routes',
  'packages/cli: dev/mock-idp/errors, errors': 'what Auth0 says, and what the command says',
  'packages/cli: rotate/look, why/look': 'at the versions of a deployment, and for the lines of a request',
}

const packages = Object.entries(HOUSE).map(([folder, floors]) => {
  const inside = tracked.filter((path) => path.startsWith(`${folder}/src/`) && path.endsWith('.ts'))
  const sources = inside.filter((path) => !/[.](?:test|d)[.]ts$/.test(path))
  /** From `src`, without the ending. */
  const modules = sources.map((path) => path.slice(`${folder}/src/`.length, -'.ts'.length))
  const faces = facesOf(folder)
  return {
    folder,
    floors,
    sources,
    modules,
    faces,
    tests: inside.filter((path) => path.endsWith('.test.ts')),
  }
})

/** The modules at the top of `src` that the package's exports name. */
function facesOf(folder: string): readonly string[] {
  const manifest = JSON.parse(read(`${folder}/package.json`)) as {
    readonly exports?: Readonly<Record<string, string | { readonly default: string }>>
  }
  return Object.values(manifest.exports ?? {}).flatMap((target) => {
    const path = typeof target === 'string' ? target : target.default
    return /^[.]\/dist\/(.+)[.]js$/.exec(path)?.slice(1) ?? []
  })
}

it('every package with a src has its floors in .dependency-cruiser.mjs', () => {
  const withSource = tracked.flatMap((path) => /^(packages\/[^/]+)\/src\/.+[.]ts$/.exec(path)?.slice(1) ?? [])
  expect([...new Set(withSource)].sort()).toEqual(Object.keys(HOUSE).sort())
})

describe.each(packages)('$folder/src', ({ folder, floors, sources, modules, faces, tests }) => {
  it('has at its top the files and rooms that .dependency-cruiser.mjs lists, and no others', () => {
    const top = new Set(modules.map((path) => (path.includes('/') ? `${path.split('/')[0] ?? ''}/` : path)))
    expect([...top].sort()).toEqual(floors.flat().sort())
  })

  it('has faces that re-export and do nothing else', () => {
    // The gateway's own also puts the Worker together.
    const thin = faces.filter((face) => `${folder}/${face}` !== 'packages/gateway/index')
    const others = thin.flatMap((face) => {
      const { statements, text } = ts.createSourceFile(
        face,
        read(`${folder}/src/${face}.ts`),
        ts.ScriptTarget.Latest,
      )
      return statements
        .filter((one) => !ts.isExportDeclaration(one) || one.moduleSpecifier === undefined)
        .map((one) => `${face}: ${text.slice(one.pos, one.end).trim()}`)
    })
    expect(others).toEqual([])
  })

  it('has no two files of one name, but for those with a reason', () => {
    const byName = Map.groupBy(
      modules.filter((path) => !faces.includes(path)),
      (path) => basename(path),
    )
    const twice = [...byName.values()]
      .filter((paths) => paths.length > 1)
      .map((paths) => `${folder}: ${paths.sort().join(', ')}`)
    const known = Object.keys(SAME_NAME).filter((paths) => paths.startsWith(`${folder}:`))
    expect(twice.sort()).toEqual(known.sort())
  })

  it(`has no file over ${MAX_LINES} lines`, () => {
    expect(sources.filter((path) => linesOf(path) > MAX_LINES)).toEqual([])
    console.log(
      `${folder}/src: ${sources.length} files and ${tests.length} of tests, ${modules.filter((path) => !path.includes('/')).length} at its top, the longest of ${Math.max(...sources.map(linesOf))} lines`,
    )
  })

  it('has no file that says nothing by its name', () => {
    const vague = /\b(utils?|helpers?|manager|misc|common|data|info)\b/
    expect(sources.filter((path) => vague.test(basename(path)))).toEqual([])
  })
})

it('wrangler’s program is known in one file of the cli', () => {
  const cli = packages.find(({ folder }) => folder === 'packages/cli')
  const knowing = cli?.sources.filter((path) => /wrangler\/package[.]json|bin\/wrangler/.test(read(path)))
  expect(knowing).toEqual(['packages/cli/src/wrangler/run.ts'])
})

it('under test there are tests and what they share, and no program', () => {
  const programs = tracked.filter((path) => path.startsWith('test/') && /(^|\/)main\.ts$/.test(path))
  expect(programs).toEqual([])
})

it('no test is skipped without a reason, or focused', () => {
  const suspicious = tracked
    .filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/house/'))
    .flatMap((path) =>
      /\b(it|describe|test)\.(only|skip|todo|skipIf|runIf)\b/.test(read(path)) ? [path] : [],
    )
  // The first is of Node’s, where workerd itself keeps alive. The others need Chromium, or Python, which CI has: there they
  // fail instead.
  expect(suspicious).toEqual([
    'packages/kit/src/log/kept-alive.test.ts',
    'test/browser/chat.test.ts',
    'test/browser/login-page.test.ts',
    'test/browser/page.test.ts',
    'test/browser/pages.test.ts',
    'test/python/package.test.ts',
  ])
})

/** Our own words for things that the field has words for (docs/internals: the vocabulary). */
const DIALECT =
  /\b(refus(?:e|es|ed|ing|al|als)|mint(?:s|ed|ing)?|stand-in|ceilings?|own paths|main job|Seals)\b/i

it('the words are the field’s', () => {
  const text = /\.(ts|js|mjs|md|html|py|sh|yml|jsonc)$/
  const found = tracked
    .filter((path) => text.test(path) && !/vectors\/|CHANGELOG|^test\/house\//.test(path))
    .flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, index) =>
          DIALECT.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 90)}`] : [],
        ),
    )
  expect(found).toEqual([])
})
