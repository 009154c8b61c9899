import { builtinModules } from 'node:module'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

/** The root of this repository. */
export const ROOT = join(import.meta.dirname, '../..')

/** One file of JavaScript, and what it is made of. */
export interface Bundle {
  readonly text: string
  readonly minified: number
  /** At gzip's level 9. */
  readonly gzip: number
  /** File, from the root of the repository → its bytes in the bundle, before gzip. */
  readonly files: ReadonlyMap<string, number>
}

export interface BundleOptions {
  /** Default true. */
  readonly minify?: boolean
  /** Keeps the names of functions, as wrangler does by default. Default false. */
  readonly keepNames?: boolean
  /** For a Worker, by default, or for Node. */
  readonly runtime?: 'workerd' | 'node'
  /** What is left out of the bundle, beside what the runtime has itself. */
  readonly external?: readonly string[]
  /** The checkout that this project's packages are taken from. Default: this one. */
  readonly checkout?: string
}

/** Bundles a file, or source text that is not in one, as wrangler does. */
export async function bundle(
  entry: { readonly file: string } | { readonly source: string },
  {
    minify = true,
    keepNames = false,
    runtime = 'workerd',
    external = [],
    checkout = ROOT,
  }: BundleOptions = {},
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...('file' in entry
      ? { entryPoints: [entry.file] }
      : { stdin: { contents: entry.source, resolveDir: join(ROOT, 'bench') } }),
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    // Names the one output; nothing is written.
    outfile: 'bundle.js',
    metafile: true,
    minify,
    keepNames,
    format: 'esm',
    target: 'es2024',
    logLevel: 'silent',
    conditions: runtime === 'workerd' ? ['workerd', 'worker', 'import'] : ['node', 'import'],
    external: ['cloudflare:*', 'node:*', ...builtinModules, ...external],
    plugins: [packagesOf(checkout)],
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild made no file')
  const inputs = Object.entries(metafile.outputs['bundle.js']?.inputs ?? {})
  return {
    text: output.text,
    minified: output.contents.length,
    gzip: gzipSync(output.contents, { level: 9 }).length,
    files: new Map(
      inputs.map(([file, { bytesInOutput }]) => [fromRoot(file, checkout), bytesInOutput] as const),
    ),
  }
}

/** Faces that a checkout may lack: then they are there with nothing in them. */
const OPTIONAL_FACES: readonly string[] = [
  '@sealgate/kit/verify',
  '@sealgate/kit/hono/verify',
  '@sealgate/kit/adapters/hono',
  '@sealgate/kit/approvals',
]

/** Takes this project's packages from one checkout, whoever imports them. */
function packagesOf(checkout: string): Plugin {
  return {
    name: 'packages of one checkout',
    setup(build) {
      build.onResolve({ filter: /^@sealgate\// }, async ({ path, kind, pluginData }) => {
        if (pluginData === checkout) return undefined
        const found = await build.resolve(path, { kind, resolveDir: checkout, pluginData: checkout })
        return found.errors.length > 0 && OPTIONAL_FACES.includes(path)
          ? { path, namespace: 'absent' }
          : found
      })
      build.onLoad({ filter: /^/, namespace: 'absent' }, () => ({ contents: 'module.exports = {}' }))
    },
  }
}

/** The same file has the same name in each checkout. */
function fromRoot(file: string, checkout: string): string {
  const path = relative(checkout, join(ROOT, file))
  return path.startsWith('..') ? file : path
}
