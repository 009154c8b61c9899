import { join } from 'node:path'
import { WRANGLER } from '../wrangler/run.ts'
import { makePrivateDirectory, makePrivateTree } from '../project/private-files.ts'
import type { Ports } from './programs.ts'
import { Program } from './program.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const SEALGATE = join(import.meta.dirname, '../../bin/sealgate.js')
/** What the development system keeps: tokens of sessions among it. Ignored by git. */
export const STATE: string = join(ROOT, '.dev')
/** How long all may take to be ready, in milliseconds. */
const READY_MS = 90_000

export type ProgramName = keyof Ports

/** The mock IdP and both Workers, each a program of its own. */
export interface System {
  /** Settles when a program ends without being asked to. */
  readonly failed: Promise<Error>
  /** Starts a program that was stopped. One that runs stays as it is. */
  start(name: ProgramName): void
  /** Stops a program. The others go on. */
  stop(name: ProgramName): Promise<void>
  stopAll(): Promise<void>
}

/** What the system listens on. */
export function addressesOf(ports: Ports): Readonly<Record<keyof Ports, string>> {
  return {
    gateway: `http://127.0.0.1:${ports.gateway}`,
    auth0: `http://127.0.0.1:${ports.auth0}`,
    consumer: `http://127.0.0.1:${ports.consumer}`,
  }
}

/** Receives what the programs print. */
export type OnLine = (program: string, line: string) => void

/**
 * Starts the three programs; it does not wait for them.
 *
 * @param controlUrl where the page's wish to rotate goes (`startControl`)
 */
export function startSystem(ports: Ports, onLine: OnLine, controlUrl?: string): System {
  makePrivateDirectory(STATE)
  for (const folder of [registryOf(ports), stateOf(ports.gateway), stateOf(ports.consumer)])
    makePrivateTree(folder)
  const starters: Readonly<Record<ProgramName, () => Program>> = {
    auth0: () => startAuth0(ports, onLine),
    gateway: () => startGateway(ports, onLine, controlUrl),
    consumer: () => startWorker('consumer', ports, [], onLine),
  }
  const running = new Map<ProgramName, Program>()
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const start = (name: ProgramName): void => {
    if (running.has(name)) return
    const program = starters[name]()
    running.set(name, program)
    void program.failed.then(fail)
  }
  const stop = async (name: ProgramName): Promise<void> => {
    await running.get(name)?.stop()
    running.delete(name)
  }
  start('auth0')
  start('gateway')
  start('consumer')
  return {
    failed,
    start,
    stop,
    async stopAll() {
      await Promise.all([...running.keys()].map(stop))
    },
  }
}

function startAuth0(ports: Ports, onLine: OnLine): Program {
  const { gateway } = addressesOf(ports)
  return new Program({
    name: 'auth0',
    command: process.execPath,
    args: [
      ...[SEALGATE, 'mock-idp'],
      ...['--port', String(ports.auth0), '--control', '--callback', `${gateway}/auth/callback`],
    ],
    env: {},
    onLine: (line) => onLine('auth0', line),
  })
}

function startGateway(ports: Ports, onLine: OnLine, controlUrl?: string): Program {
  const { gateway, auth0 } = addressesOf(ports)
  const variables = [`AUTH0_DOMAIN:${new URL(auth0).host}`, `AUTH0_BASE_URL:${auth0}`, `BASE_URL:${gateway}`]
  if (controlUrl !== undefined) variables.push(`DEV_CONTROL:${controlUrl}`)
  return startWorker('gateway', ports, variables, onLine)
}

function startWorker(
  name: 'gateway' | 'consumer',
  ports: Ports,
  variables: readonly string[],
  onLine: OnLine,
): Program {
  return new Program({
    name,
    command: process.execPath,
    args: [
      ...[WRANGLER, 'dev', '--config', join(ROOT, 'workers', name, 'wrangler.jsonc'), '--env', 'dev'],
      ...['--ip', '127.0.0.1', '--port', String(ports[name]), '--inspector-port', '0'],
      ...['--show-interactive-dev-session=false', '--persist-to', stateOf(ports[name])],
      ...variables.flatMap((variable) => ['--var', variable]),
    ],
    env: {
      WRANGLER_REGISTRY_PATH: registryOf(ports),
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
    onLine: (line) => onLine(name, line),
  })
}

/** The registry through which Workers of two processes find each other; one of our own, for this pair of ports. */
function registryOf({ gateway }: Ports): string {
  return join(STATE, `registry-${gateway}`)
}

/** What the Worker at this port stores. */
function stateOf(port: number): string {
  return join(STATE, `state-${port}`)
}

/**
 * Waits until `check` passes.
 *
 * @throws Error with what `check` said last, or with the end of a program that should be running
 */
export async function waitUntilReady(system: System, check: () => Promise<void>): Promise<void> {
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
    const failure = await Promise.race([system.failed, pause])
    if (failure) throw failure
  }
  throw new Error(
    `not ready within ${READY_MS / 1000} s: ${last instanceof Error ? last.message : String(last)}`,
  )
}
