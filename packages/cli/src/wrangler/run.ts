import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The program that `npx wrangler` runs. */
export const WRANGLER: string = join(
  dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
  'bin/wrangler.js',
)

/** The version of that program. */
export function wranglerVersion(): string {
  const { version } = createRequire(import.meta.url)('wrangler/package.json') as { readonly version: string }
  return version
}

/** The program that runs one Worker in development. */
export const DEV_WORKER: string = join(import.meta.dirname, 'dev-worker.js')

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs wrangler. What it gets on stdin is shown nowhere. */
export type RunWrangler = (args: readonly string[], stdin?: string) => Promise<Outcome>

const SETTINGS = { WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false' }

/** Whatever a person set: wrangler would write requests, secrets and all, to its log, which others on this machine can read. */
const SILENT = { WRANGLER_LOG_SANITIZE: 'true' }

/** @param env variables besides this process's own */
export function wranglerWith(env: Readonly<Record<string, string>> = {}): RunWrangler {
  return (args, stdin) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [WRANGLER, ...args], {
        env: { ...process.env, ...SETTINGS, ...env, ...(stdin !== undefined && SILENT) },
        stdio: 'pipe',
      })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
      child.on('error', reject)
      child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
      // wrangler may end before it has read all.
      child.stdin.on('error', () => undefined).end(stdin ?? '')
    })
}

/** What Cloudflare, and wrangler for it, say of a Worker that does not exist. */
export const NO_SUCH_WORKER: RegExp = /\[code: 10007\]|Worker "[^"]*"[^\n]* not found/

/**
 * The names of a Worker's secrets; `undefined` when there is no such Worker.
 *
 * @throws Error with what wrangler said
 */
export async function listSecrets(
  run: RunWrangler,
  config: string,
  env: string,
): Promise<readonly string[] | undefined> {
  const { code, stdout, stderr } = await run(['secret', 'list', '--config', config, '--env', env])
  if (code !== 0) {
    if (NO_SUCH_WORKER.test(stdout + stderr)) return undefined
    throw new Error(`wrangler secret list failed:\n${(stderr || stdout).trim()}`)
  }
  const listed: unknown = JSON.parse(stdout.slice(stdout.indexOf('[')))
  return Array.isArray(listed) ? listed.flatMap((entry: unknown) => nameOf(entry)) : []
}

function nameOf(entry: unknown): readonly string[] {
  return typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string'
    ? [entry.name]
    : []
}
