import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './markdown.ts'
import type { Command } from './shell.ts'

const run = promisify(execFile)
const BIN = join(ROOT, 'node_modules/.bin')

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** Programs that every machine of a reader has. */
const COMMON = [
  'set',
  'cd',
  'mkdir',
  'cat',
  'curl',
  'date',
  'openssl',
  'tr',
  'rm',
  'cp',
  'git',
  'python3',
  'node',
  'echo',
  'sed',
]
/** Subcommands of npm that guides use, beside `run`. */
const NPM = ['ci', 'create', 'install', 'init', 'pack', 'start', 'test', 'update', 'publish', 'i']

/**
 * What is wrong with a command: a script, program, subcommand or flag that does not exist. Given a directory, kit-keygen
 * is run in it, so that one line of a block can read what the line above wrote.
 */
export async function problemOf(command: Command, cwd?: string): Promise<string | undefined> {
  const [program = '', ...args] = command
  if (program === 'npm') return npmProblem(args)
  if (program === 'npx') return binProblem(args, cwd)
  if (program.includes('/')) return existsSync(join(ROOT, program)) ? undefined : `there is no ${program}`
  if (program === 'node') {
    const file = args.find((word) => !word.startsWith('-'))
    if (file === undefined) return 'node is given no file'
    // A name alone is a file of the reader's own.
    return file.includes('/') && !existsSync(join(ROOT, file)) ? `there is no ${file}` : undefined
  }
  return COMMON.includes(program) ? undefined : `${program} is no program that readers have`
}

async function npmProblem(args: readonly string[]): Promise<string | undefined> {
  const [subcommand = '', ...rest] = args.filter((word) => word !== '--silent' && word !== '-s')
  const name = subcommand === 'run' ? (rest[0] ?? '') : subcommand
  if (subcommand !== 'run' && !NPM.includes(subcommand)) return `npm ${subcommand} is not known`
  if (subcommand === 'create') return createProblem(args)
  const isScript = ['run', 'start', 'test'].includes(subcommand)
  if (!isScript) return undefined
  const script = scripts[name]
  if (script === undefined) return `there is no script ${name}`
  const flags = args.includes('--') ? flagsOf(args.slice(args.indexOf('--') + 1)) : []
  if (flags.length === 0) return undefined
  const [runner, file = ''] = script.split(' ')
  if (runner === 'sealgate') {
    return missing(flags, await helpOf(process.execPath, [join(BIN, runner), file]), `npm run ${name}`)
  }
  if (runner !== 'node') return `the flags of npm run ${name} cannot be checked`
  return missing(flags, await helpOf(process.execPath, [join(ROOT, file)]), `npm run ${name}`)
}

/** `npm create NAME` runs the package `create-NAME`; its flags stand behind `--`. */
async function createProblem(args: readonly string[]): Promise<string | undefined> {
  const [, name = ''] = args
  if (!existsSync(join(BIN, `create-${name}`))) return `there is no package create-${name}`
  const flags = args.includes('--') ? flagsOf(args.slice(args.indexOf('--') + 1)) : []
  return missing(flags, await helpOf(process.execPath, [join(BIN, `create-${name}`)]), `npm create ${name}`)
}

async function binProblem(args: readonly string[], cwd: string | undefined): Promise<string | undefined> {
  const [name = '', ...rest] = args
  // It comes from the registry; test/mcp/inspector.nightly.test.ts runs it with these arguments.
  if (name === '@modelcontextprotocol/inspector') return undefined
  if (!existsSync(join(BIN, name))) return `there is no program ${name}`
  if (name === 'kit-keygen') {
    if (cwd === undefined)
      return missing(flagsOf(rest), await helpOf(process.execPath, [join(BIN, name)]), name)
    try {
      await run(process.execPath, [join(BIN, name), ...rest], { cwd })
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  if (name === 'vitest') {
    const missingPath = rest.slice(1).find((word) => !word.startsWith('-') && !existsSync(join(ROOT, word)))
    return missingPath === undefined ? undefined : `there is no ${missingPath}`
  }
  if (name === 'sealgate') {
    const subcommand = rest[0]?.startsWith('-') === false ? rest[0] : ''
    const words = subcommand === '' ? [] : [subcommand]
    const help = await helpOf(process.execPath, [join(BIN, name), ...words])
    // Of what it does not know it prints its own help.
    if (words.length > 0 && help.includes('sealgate [options] [command]'))
      return `sealgate ${subcommand} is not known`
    return missing(flagsOf(rest), help, `sealgate ${subcommand}`)
  }
  if (name !== 'wrangler') return undefined
  const end = rest.findIndex((word) => !/^[a-z]+(-[a-z]+)*$/.test(word))
  const subcommand = rest.slice(0, end < 0 ? rest.length : end)
  const help = await helpOf(process.execPath, [join(BIN, name), ...subcommand])
  if (!help.includes(`wrangler ${subcommand.join(' ')}`))
    return `wrangler ${subcommand.join(' ')} is not known`
  return missing(flagsOf(rest), help, `wrangler ${subcommand.join(' ')}`)
}

function flagsOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => /^--[a-z-]+/.exec(word)?.[0] ?? [])
}

function missing(flags: readonly string[], help: string, of: string): string | undefined {
  const unknown = flags.filter((flag) => !help.includes(flag))
  return unknown.length > 0 ? `${of} has no ${unknown.join(', ')}` : undefined
}

const helps = new Map<string, Promise<string>>()

/** A program's own help, requested once. */
function helpOf(program: string, args: readonly string[]): Promise<string> {
  const key = args.join(' ')
  const known = helps.get(key)
  if (known) return known
  const env = { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }
  const help = run(program, [...args, '--help'], { env }).then(({ stdout }) => stdout)
  helps.set(key, help)
  return help
}
