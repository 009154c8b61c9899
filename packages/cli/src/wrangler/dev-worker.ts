/**
 * A program that runs one Worker in development, as `wrangler dev` does: with hot reload of its code and configuration. What
 * it runs comes by the channel to its parent, and it ends with that channel, so that nothing outlives the parent, however
 * that ends. Why not the command itself: bindings cannot be replaced there, nor secrets reread.
 */
import { unstable_startWorker } from 'wrangler'
import { type DevWorkerSpec, type LoggedMessage, READY, RELOAD } from './dev-worker-spec.ts'
import { readInspected } from './inspected.ts'

type Started = Awaited<ReturnType<typeof unstable_startWorker>>
type Input = Parameters<typeof unstable_startWorker>[0]

const ended = Promise.withResolvers<undefined>()
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => ended.resolve(undefined))
}
process.once('disconnect', () => ended.resolve(undefined))
process.once('message', (spec: DevWorkerSpec) => void run(spec))

async function run(spec: DevWorkerSpec): Promise<void> {
  let worker: Started | undefined
  try {
    worker = await unstable_startWorker(inputOf(spec))
    const { patchConfig, ready } = worker
    // Nothing in it changes, but wrangler resolves it anew, and its secrets with it.
    process.on('message', (message) => {
      if (message === RELOAD) void patchConfig({}).catch(report)
    })
    await Promise.race([ready.then(() => process.send?.(READY)), ended.promise])
    await ended.promise
  } catch (error) {
    report(error)
    process.exitCode = 1
  }
  await worker?.dispose()
  process.exit()
}

function inputOf({ config, env, port, variables, heldElsewhere, ...spec }: DevWorkerSpec): Input {
  const replaced = Object.entries(variables).map(([name, value]) => [name, { type: 'plain_text', value }])
  const held = Object.entries(heldElsewhere).map(([name, binding]) => [name, { type: 'service', ...binding }])
  return {
    config,
    ...(env !== undefined && { env }),
    bindings: Object.fromEntries([...replaced, ...held]) as NonNullable<Input['bindings']>,
    dev: {
      remote: false,
      inspector: false,
      server: { hostname: '127.0.0.1', port },
      persist: spec.persistTo,
      registry: spec.registry,
      logLevel: spec.isVerbose ? 'log' : 'warn',
      // What the Worker itself logs, whatever the level of wrangler's own lines.
      structuredLogsHandler: (log: Logged) => {
        process.stdout.write(`${onOneLine(log.message)}\n`)
        collect(log)
      },
    },
  }
}

/** As workerd reports it. */
interface Logged {
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly message: string
}

/** Sends the parent what is a line of the schema. */
function collect({ timestamp, message }: Logged): void {
  const line = readInspected(message)
  if (line?.event === undefined || line.schema === undefined) return
  // Where a Worker starts it has no clock.
  const logged = { ts: new Date(timestamp).toISOString(), ...line }
  process.send?.({ logged } satisfies LoggedMessage)
}

/** An object is logged over many lines; in a terminal of several programs one is to be read at a glance. */
function onOneLine(message: string): string {
  return message.startsWith('{') ? message.replaceAll(/\n +/g, ' ').replace(/\n\}$/, ' }') : message
}

/** wrangler says that the start failed; its cause says why. */
function report(error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`)
}
