import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { type Block, ROOT } from './markdown.ts'

/** A block that does not compile: where it stands, and what the compiler says. */
export interface Complaint {
  readonly at: string
  readonly message: string
}

/** As strict as a Worker's project may be. */
export const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  // A Worker has Cloudflare's types; the scripts of the quick start and the tests have Node's too.
  types: ['@cloudflare/workers-types', 'node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  allowJs: true,
  checkJs: true,
  noEmit: true,
  skipLibCheck: true,
}

/** Names that a fragment may use without saying where they come from. */
const GIVEN = join(import.meta.dirname, 'given.d.ts')

/**
 * Compiles blocks in one program, each as a module of its own, against the packages as they are built. A block that
 * continues another is compiled below it.
 */
export function compile(blocks: readonly Block[]): readonly Complaint[] {
  const modules = new Map<string, { readonly block: Block; readonly code: string; readonly above: number }>()
  let above = ''
  for (const block of blocks) {
    const code = block.marker?.kind === 'continues' ? above + block.code : block.code
    modules.set(pathOf(block), { block, code, above: code.length - block.code.length })
    above = code
  }
  const host = ts.createCompilerHost(OPTIONS)
  const readFile = host.readFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  host.readFile = (path) => modules.get(path)?.code ?? readFile(path)
  host.fileExists = (path) => modules.has(path) || fileExists(path)
  const program = ts.createProgram([GIVEN, ...modules.keys()], OPTIONS, host)
  return [...modules].flatMap(([path, { block, code, above: length }]) => {
    const source = program.getSourceFile(path)
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    const first = code.slice(0, length).split('\n').length - 1
    return diagnostics.flatMap((diagnostic) => {
      const line = lineOf(diagnostic, source) - first
      // What is above was complained of where it stands.
      if (line < 0) return []
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
      return [{ at: `${block.page}:${block.line + 1 + line}`, message }]
    })
  })
}

/** Where a block stands for the compiler: in the folder that its first line names, if this repository has it. */
function pathOf({ page, line, language, code }: Block): string {
  const [, file = ''] = /^\/\/ (\S+)\n/.exec(code) ?? []
  const folder = file.slice(0, Math.max(file.lastIndexOf('/'), 0))
  const name = `${page.replaceAll(/\W/g, '-')}-${line}.${language === 'js' ? 'mjs' : language}`
  return join(ROOT, existsSync(join(ROOT, folder)) && folder !== '' ? folder : 'test/docs', name)
}

function lineOf({ start }: ts.Diagnostic, source: ts.SourceFile | undefined): number {
  return source && start !== undefined ? source.getLineAndCharacterOfPosition(start).line : 0
}
