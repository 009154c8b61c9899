import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuOfProcess } from '../measure/cpu.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { at } from '../candidates/inputs.ts'
import { median, shuffled } from '../measure/stats.ts'
import { bundle } from '../measure/bundle.ts'
import { COMPATIBILITY_DATE, workerFile } from '../measure/miniflare.ts'

/** How long a Worker takes from the start of workerd to its first answer. */
export interface Startup {
  readonly name: string
  /** Milliseconds, median. */
  readonly milliseconds: number
  /** Milliseconds over the empty Worker, median of the rounds. */
  readonly over: number
  /** The same in CPU time, which other programs disturb less; `null` where /proc does not tell. */
  readonly cpuOver: number | null
}

interface Sample {
  readonly milliseconds: number
  readonly cpu: number | null
}

const NAMES = ['empty', 'raw', 'ours', 'jose']
const PATIENCE_MS = 10_000
const RETRY_MS = 1

/** Starts workerd anew for each sample: the code is read, compiled and run for the first time. */
export async function measureStartup(fixtures: Fixtures, rounds: number): Promise<readonly Startup[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  try {
    writeFileSync(join(folder, 'public.json'), JSON.stringify(fixtures.publicJwk))
    for (const name of NAMES) {
      const { text } = await bundle({ file: workerFile(`startup/${name}.ts`) })
      writeFileSync(join(folder, `${name}.js`), text)
    }
    const samples = new Map<string, Sample[]>(NAMES.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const name of shuffled(NAMES))
        samples.get(name)?.push(await start(folder, name, at(fixtures.eddsa, round)))
    }
    const empty = samples.get('empty') ?? []
    return NAMES.map((name) => {
      const own = samples.get(name) ?? []
      const cpus = own.flatMap(({ cpu }, round) => {
        const base = empty[round]?.cpu ?? null
        return cpu === null || base === null ? [] : [cpu - base]
      })
      return {
        name,
        milliseconds: median(own.map(({ milliseconds }) => milliseconds)),
        over: median(
          own.map(({ milliseconds }, round) => milliseconds - (empty[round]?.milliseconds ?? NaN)),
        ),
        cpuOver: cpus.length > 0 ? median(cpus) : null,
      }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function start(folder: string, name: string, token: string): Promise<Sample> {
  const port = await freePort()
  writeFileSync(
    join(folder, `${name}.capnp`),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "main.js", esModule = embed "${name}.js")],
    bindings = [(name = "PUBLIC_JWK", text = embed "public.json")],
    compatibilityDate = "${COMPATIBILITY_DATE}"
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
`,
  )
  const begin = performance.now()
  const program = spawn(workerdPath(), ['serve', join(folder, `${name}.capnp`)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await firstAnswer(port, token, begin)
    const milliseconds = performance.now() - begin
    const cpu = program.pid === undefined ? null : cpuOfProcess(program.pid)
    return { milliseconds, cpu: cpu === null ? null : cpu / 1000 }
  } finally {
    await stop(program)
  }
}

async function firstAnswer(port: number, token: string, begin: number): Promise<void> {
  for (;;) {
    const status = await statusOf(port, token)
    if (status === 200) return
    if (status !== undefined || performance.now() - begin > PATIENCE_MS) {
      throw new Error(`the Worker answered ${status ?? 'nothing'}`)
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** The status, or `undefined` while nobody listens. */
function statusOf(port: number, token: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { Authorization: `Bearer ${token}` }
    request({ host: '127.0.0.1', port, agent: false, headers }, (response) => {
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
