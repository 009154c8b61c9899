import { join } from 'node:path'
import { type DevWorkerSpec, isLogged, READY, RELOAD } from '../wrangler/dev-worker-spec.ts'
import { ensureOperatorKey } from '../operator/operator-key.ts'
import { DEV_WORKER } from '../wrangler/run.ts'
import type { DevDefinition } from './definition.ts'
import type { Addresses } from './end-to-end-check.ts'
import { type IdpSettings, usersOf } from './idp-settings.ts'
import { startTenant, type Tenant } from './mock-idp/tenant.ts'
import { DEV, type DevPlan, type DevWorker, variableOf } from './dev-plan.ts'
import { LOCAL_MODEL_URL, wantsModel } from './local-model.ts'
import { IDP, type Ports } from './ports.ts'
import { makePrivateDirectory, makePrivateTree } from '../project/private-files.ts'
import { Program } from './program.ts'
import { lookAfterRegistry } from './registry.ts'
import { heldElsewhere, SHARED_KV, sharedNamespaces, writeSharedKvConfig } from './shared-kv.ts'
import { Waits } from './waits.ts'

/** How long all may take to be ready, in milliseconds. */
const READY_MS = 90_000

/** Receives what the programs print. */
export type OnLine = (program: string, line: string) => void

export interface SystemOptions {
  readonly plan: DevPlan
  readonly ports: Ports
  readonly idp: IdpSettings
  /** Is there. Holds what outlives the system in `state`, and what does not beside it. */
  readonly folder: string
  /** The definition as it is now: a user of the mock IdP has all its rights. */
  readonly definition: () => DevDefinition
  /** Where the mock IdP may send people back to, besides the gateway. */
  readonly callbackUrls: readonly string[]
  readonly onLine: OnLine
  /** Receives the log lines of Workers, as objects. */
  readonly onLogged: (line: object) => void
  readonly isVerbose: boolean
  /** Where the page's wish to rotate goes (`startControl`). */
  readonly controlUrl: string
  /** Where the local model is (`startModelServer`), when a service wants it. */
  readonly modelUrl: string | undefined
}

/** The mock IdP, and each Worker as a program of its own. */
export interface System {
  /** Settles when a program ends without being asked to. */
  readonly failed: Promise<Error>
  /** Starts a program that was stopped. One that runs stays as it is. */
  start(name: string): Promise<void>
  /** Stops a program. The others go on. */
  stop(name: string): Promise<void>
  stopAll(): Promise<void>
  /** Makes a Worker read its secrets again. */
  reload(name: string): void
  /** @throws Error when a program ends first, or it takes too long */
  untilReady(): Promise<void>
}

/** Where the programs listen. */
export function addressesOf({ gateway, services }: DevPlan, ports: Ports): Addresses {
  const at = (name: string): string => `http://127.0.0.1:${ports.get(name) ?? 0}`
  return {
    gateway: at(gateway.name),
    idp: at(IDP),
    services: new Map(services.map(({ name }) => [name, at(name)])),
  }
}

/** The programs that a person knows. */
export function programNames({ gateway, services }: DevPlan): readonly string[] {
  return [gateway.name, IDP, ...services.map(({ name }) => name)]
}

/** A program that runs. */
interface Running {
  stop(): Promise<void>
  reload(): void
}

/** Starts the programs; it does not wait for the Workers. Rejects when the mock IdP does not start. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { plan, ports } = options
  const state = join(options.folder, 'state')
  makePrivateTree(state)
  const registry = join(options.folder, 'registry')
  // Not the common one: a program that is killed leaves there what it has.
  const temporary = join(options.folder, 'tmp')
  makePrivateDirectory(temporary)
  const leaveRegistry = lookAfterRegistry(registry)
  const shared = sharedNamespaces(plan)
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const ready = new Waits()

  const startWorker = (
    name: string,
    spec: Omit<DevWorkerSpec, 'registry' | 'persistTo' | 'isVerbose'>,
  ): Running => {
    ready.add(name)
    const program = new Program({
      name,
      command: process.execPath,
      args: [DEV_WORKER],
      env: {
        TMPDIR: temporary,
        WRANGLER_LOG_PATH: join(options.folder, 'logs'),
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      },
      message: {
        ...spec,
        registry,
        persistTo: join(state, name),
        isVerbose: options.isVerbose,
      } satisfies DevWorkerSpec,
      onLine: (line) => options.onLine(name, line),
      onMessage: (message) => {
        if (message === READY) ready.done(name)
        else if (isLogged(message)) options.onLogged(message.logged)
      },
    })
    void program.failed.then(fail)
    return { stop: () => program.stop(), reload: () => program.send(RELOAD) }
  }
  const worker = (one: DevWorker, variables: Readonly<Record<string, string>>) => (): Running =>
    startWorker(one.name, {
      config: one.config,
      env: DEV,
      port: ports.get(one.name) ?? 0,
      variables,
      heldElsewhere: heldElsewhere(one, shared),
    })
  const starters = new Map<string, () => Running | Promise<Running>>([
    [IDP, () => startIdp(options)],
    [plan.gateway.name, worker(plan.gateway, gatewayVariables(options))],
    ...plan.services.map(
      (service) => [service.name, worker(service, serviceVariables(service, options))] as const,
    ),
  ])
  if (shared.length > 0) {
    const config = writeSharedKvConfig(options.folder, shared)
    starters.set(SHARED_KV, () =>
      startWorker(SHARED_KV, { config, port: 0, variables: {}, heldElsewhere: {} }),
    )
  }

  const running = new Map<string, Running>()
  const start = async (name: string): Promise<void> => {
    const starter = starters.get(name)
    if (running.has(name) || !starter) return
    running.set(name, await starter())
  }
  const stop = async (name: string): Promise<void> => {
    const program = running.get(name)
    running.delete(name)
    await program?.stop()
  }
  const stopAll = async (): Promise<void> => {
    leaveRegistry()
    await Promise.all([...running.keys()].map(stop))
  }
  try {
    for (const name of starters.keys()) await start(name)
  } catch (error) {
    await stopAll()
    throw error
  }
  return {
    failed,
    start,
    stop,
    stopAll,
    reload: (name) => running.get(name)?.reload(),
    async untilReady() {
      const failure = await Promise.race([failed, ready.all(READY_MS)])
      if (failure) throw failure
    },
  }
}

/** In this process: it needs little, and ends with it. */
async function startIdp({ plan, ports, idp, definition, callbackUrls }: SystemOptions): Promise<Running> {
  const callback = variableOf(plan.gateway, 'CALLBACK_PATH') ?? '/auth/callback'
  const tenant: Tenant = await startTenant({
    port: ports.get(IDP) ?? 0,
    audience: idp.audience,
    rolesClaim: idp.rolesClaim,
    clients: idp.clients,
    users: () => usersOf(definition()),
    // The gateway's is the first: it is told of logouts, too.
    callbackUrls: [`${addressesOf(plan, ports).gateway}${callback}`, ...callbackUrls],
    showUsers: true,
    control: true,
  })
  return { stop: () => tenant.close(), reload: () => undefined }
}

/** Of whoever works on this machine: `sealgate revoke dev` and the like. */
function operatorKeys({ root }: DevPlan): string {
  return JSON.stringify([ensureOperatorKey(root, DEV).publicJwk])
}

/** What a service's variables have to be here. */
function serviceVariables(service: DevWorker, { modelUrl }: SystemOptions): Readonly<Record<string, string>> {
  return modelUrl !== undefined && wantsModel(service) ? { [LOCAL_MODEL_URL]: modelUrl } : {}
}

/** What the gateway's variables have to be here, whatever its configuration says. */
function gatewayVariables({ plan, ports, idp, controlUrl }: SystemOptions): Readonly<Record<string, string>> {
  const addresses = addressesOf(plan, ports)
  return {
    AUTH0_DOMAIN: new URL(addresses.idp).host,
    AUTH0_BASE_URL: addresses.idp,
    AUTH0_CLIENT_ID: idp.web.clientId,
    AUTH0_CONNECTION: idp.connection,
    AUTH0_CLIENTS: idp.knownClients.join(','),
    BASE_URL: addresses.gateway,
    DEV_CONTROL: controlUrl,
    ...(variableOf(plan.gateway, 'OPERATOR_KEYS') === undefined && { OPERATOR_KEYS: operatorKeys(plan) }),
  }
}
