import { spawn } from 'node:child_process'
import { WRANGLER } from './run.ts'
import type { WorkerEnv } from './versions.ts'

/** How long wrangler may take to take its tail back at Cloudflare, in milliseconds. */
const PATIENCE_MS = 5000
/** What is kept of what it says, for when it fails. Characters. */
const MAX_SAID = 4000

/** `wrangler tail` of one Worker. */
export interface Tail {
  /** Settles when it ends: with what it said, if it was not asked to. */
  readonly ended: Promise<string | undefined>
  stop(): Promise<void>
}

/** Starts a tail. What it prints as JSON is handed on as it comes. */
export type StartTail = (worker: WorkerEnv, onChunk: (chunk: Uint8Array) => void) => Tail

/** @param env variables besides this process's own */
export function tailWith(env: Readonly<Record<string, string>> = {}): StartTail {
  return ({ config, env: environment }, onChunk) => {
    const args = ['tail', '--config', config, '--env', environment, '--format', 'json']
    const child = spawn(process.execPath, [WRANGLER, ...args], {
      // A group of its own: on Ctrl-C it is for us to end it, once.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_SEND_METRICS: 'false', ...env },
    })
    let said = ''
    let isStopping = false
    child.stdout.on('data', onChunk)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-MAX_SAID)
    })
    const ended = new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('close', (code) =>
        resolve(isStopping ? undefined : said.trim() || `it ended with status ${code ?? '?'}`),
      )
    })
    return {
      ended,
      async stop() {
        isStopping = true
        child.kill('SIGINT')
        const force = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
        await ended
        clearTimeout(force)
      },
    }
  }
}
