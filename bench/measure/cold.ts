import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuOfProcess } from './cpu.ts'
import { COMPATIBILITY_DATE } from './miniflare.ts'

/** One start of workerd, until the first response. */
export interface ColdSample {
  readonly milliseconds: number
  /** CPU time in milliseconds; `null` where /proc does not tell. */
  readonly cpu: number | null
}

export interface ColdWorker {
  readonly name: string
  /** One module. */
  readonly code: string
  /** Variables. */
  readonly bindings?: Readonly<Record<string, string>>
  /** What is requested. Default `/`. */
  readonly path?: string
}

const PATIENCE_MS = 10_000
const RETRY_MS = 1

/** Starts workerd anew for each sample: the code is read, compiled and run for the first time. */
export class ColdStarts {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  readonly #workers = new Map<string, { readonly file: string; readonly worker: ColdWorker }>()

  add(worker: ColdWorker): void {
    const file = String(this.#workers.size)
    this.#workers.set(worker.name, { file, worker })
    writeFileSync(join(this.#folder, `${file}.js`), worker.code)
    for (const [name, value] of Object.entries(worker.bindings ?? {}))
      writeFileSync(join(this.#folder, `${file}.${name}`), value)
  }

  /** @param token goes with the request */
  async start(name: string, token: string): Promise<ColdSample> {
    const { file, worker } = this.#workers.get(name) ?? {}
    if (file === undefined || !worker) throw new Error(`there is no Worker ${name}`)
    const port = await freePort()
    const config = join(this.#folder, `${file}.capnp`)
    writeFileSync(config, configOf(file, Object.keys(worker.bindings ?? {}), port))
    const begin = performance.now()
    const program = spawn(workerdPath(), ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] })
    try {
      await firstAnswer(port, worker.path ?? '/', token, begin)
      const milliseconds = performance.now() - begin
      const cpu = program.pid === undefined ? null : cpuOfProcess(program.pid)
      return { milliseconds, cpu: cpu === null ? null : cpu / 1000 }
    } finally {
      await stop(program)
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true })
  }
}

function configOf(file: string, bindings: readonly string[], port: number): string {
  const texts = bindings.map((name) => `(name = "${name}", text = embed "${file}.${name}")`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "main.js", esModule = embed "${file}.js")],
    bindings = [${texts.join(', ')}],
    compatibilityDate = "${COMPATIBILITY_DATE}"
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
`
}

async function firstAnswer(port: number, path: string, token: string, begin: number): Promise<void> {
  for (;;) {
    const status = await statusOf(port, path, token)
    if (status === 200) return
    if (status !== undefined || performance.now() - begin > PATIENCE_MS) {
      throw new Error(`the Worker answered ${status ?? 'nothing'}`)
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** The status, or `undefined` while nobody listens. */
function statusOf(port: number, path: string, token: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { Authorization: `Bearer ${token}` }
    request({ host: '127.0.0.1', port, path, agent: false, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
      .on('error', () => resolve(undefined))
      .end()
  })
}

async function stop(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null) return
  program.kill('SIGKILL')
  await once(program, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port')
  return address.port
}

/** The workerd that miniflare runs. */
function workerdPath(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  const loaded: unknown = require('workerd')
  if (typeof loaded !== 'object' || loaded === null || !('default' in loaded))
    throw new Error('there is no workerd')
  return String(loaded.default)
}
