import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ports } from './options.ts'
import { Program } from './program.ts'

const ROOT = join(import.meta.dirname, '../..')
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
/** How long all may take to be ready, in milliseconds. */
const READY_MS = 90_000

/** The stand-in for Auth0 and both Workers, each a program of its own. */
export interface System {
  readonly gateway: Program
  readonly programs: readonly Program[]
  stop(): Promise<void>
}

/** What the system listens on. */
export function addressesOf(ports: Ports): Readonly<Record<keyof Ports, string>> {
  return {
    gateway: `http://127.0.0.1:${ports.gateway}`,
    auth0: `http://127.0.0.1:${ports.auth0}`,
    consumer: `http://127.0.0.1:${ports.consumer}`,
  }
}

/** Starts the three programs; it does not wait for them. */
export function startSystem(ports: Ports, onLine: (name: string, line: string) => void): System {
  const { gateway: gatewayUrl, auth0: auth0Url } = addressesOf(ports)
  const auth0Host = `127.0.0.1:${ports.auth0}`
  const auth0 = program('auth0', [
    join(ROOT, 'test/auth0/main.ts'),
    ...['--port', String(ports.auth0), '--control', '--callback', `${gatewayUrl}/auth/callback`],
  ])
  const gateway = worker('gateway', ports.gateway, [
    `AUTH0_DOMAIN:${auth0Host}`,
    `AUTH0_BASE_URL:${auth0Url}`,
    `BASE_URL:${gatewayUrl}`,
  ])
  const consumer = worker('consumer', ports.consumer, [])
  const programs = [auth0, gateway, consumer]
  return {
    gateway,
    programs,
    async stop() {
      await Promise.all(programs.map((one) => one.stop()))
    },
  }

  function program(name: string, args: readonly string[], env: Record<string, string> = {}): Program {
    return new Program({ name, command: process.execPath, args, env, onLine: (line) => onLine(name, line) })
  }

  function worker(name: string, port: number, variables: readonly string[]): Program {
    // The registry through which Workers of two processes find each other; one of our own, for this pair of ports.
    const registry = join(ROOT, '.dev', `registry-${ports.gateway}`)
    mkdirSync(registry, { recursive: true })
    const args = [
      ...[WRANGLER, 'dev', '--config', join(ROOT, 'workers', name, 'wrangler.jsonc'), '--env', 'dev'],
      ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
      ...['--show-interactive-dev-session=false', '--persist-to', join(ROOT, '.dev', `state-${port}`)],
      ...variables.flatMap((variable) => ['--var', variable]),
    ]
    return program(name, args, {
      WRANGLER_REGISTRY_PATH: registry,
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    })
  }
}

/**
 * Waits until `check` passes.
 *
 * @throws Error with what `check` said last, or with the end of a program that should be running
 */
export async function waitUntilReady(system: System, check: () => Promise<void>): Promise<void> {
  const failed = Promise.race(system.programs.map((program) => program.failed))
  const until = Date.now() + READY_MS
  let last: unknown
  while (Date.now() < until) {
    try {
      await check()
      return
    } catch (error) {
      last = error
    }
    const pause = new Promise<undefined>((resolve) => setTimeout(resolve, 250, undefined))
    const failure = await Promise.race([failed, pause])
    if (failure) throw failure
  }
  throw new Error(
    `not ready within ${READY_MS / 1000} s: ${last instanceof Error ? last.message : String(last)}`,
  )
}
