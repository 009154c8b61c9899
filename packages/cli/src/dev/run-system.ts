import { once } from 'node:events'
import type { Project } from '../project/find-project.ts'
import type { Say } from '../terminal/say.ts'
import { banner } from './banner.ts'
import { makeSecrets } from './dev-secrets.ts'
import { type DevSystem, startDevSystem } from './dev-system.ts'
import { checkEndToEnd, type RunningSystem } from './end-to-end-check.ts'
import { planOf } from './dev-plan.ts'
import { choosePorts, type PortFlags } from './ports.ts'

/** How the development system is run. */
export interface DevOptions {
  readonly project: Project
  readonly flags: PortFlags
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the mock IdP may send people back to, besides the gateway. */
  readonly callbackUrls: readonly string[]
  readonly isVerbose: boolean
}

/** How long the Workers may take to find each other, in milliseconds. */
const CONNECT_MS = 20_000

/** Runs mock IdP, gateway and services until it is interrupted. */
export async function runDevSystem(
  { project, flags, env, callbackUrls, isVerbose }: DevOptions,
  say: Say,
): Promise<void> {
  const plan = planOf(project)
  // From here on, so that no signal finds half a system without anybody to end it.
  const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)))
  // For what the programs write besides: nobody else's to read.
  process.umask(0o077)
  const ports = await choosePorts(plan, flags, env, say)
  if (makeSecrets(plan)) {
    say(`Made development secrets in ${plan.gateway.secretsFile} (ignored by git, readable by you alone).`)
  }
  say(`Starting the mock IdP and ${[plan.gateway, ...plan.services].map(({ name }) => name).join(', ')} …`)
  /** What is said before all runs: it is of use only when something is wrong. */
  const early: string[] = []
  let isShown = isVerbose
  const onLine = (name: string, line: string): void => {
    if (line.trim() === '') return
    const text = `[${name}] ${line}`
    if (isShown) say(text)
    else early.push(text)
  }
  const show = (): void => {
    isShown = true
    for (const line of early.splice(0)) say(line)
  }
  const dev = await startDevSystem({ plan, ports, onLine, callbackUrls, isVerbose })
  try {
    const running = await Promise.race([dev.untilReady(), interrupted])
    if (Array.isArray(running)) return
    const checked = await Promise.race([check(running), interrupted])
    if (Array.isArray(checked)) return
    const { problem, path } = checked
    if (problem !== undefined) show()
    isShown = true
    process.stdout.write(banner(running, dev, path))
    if (problem !== undefined) say(`\nThe system runs, but it does not fit together yet: ${problem}`)
    await untilEnd(dev, interrupted)
  } finally {
    say('Stopping …')
    await dev.stop()
  }
}

/** What the end-to-end check found. */
interface Checked {
  readonly problem?: string
  readonly path?: string | undefined
}

/** The end-to-end check, tried until it passes, or the Workers have had time to find each other. */
async function check(running: RunningSystem): Promise<Checked> {
  for (const until = Date.now() + CONNECT_MS; ;) {
    try {
      return { path: await checkEndToEnd(running) }
    } catch (error) {
      if (Date.now() > until) return { problem: error instanceof Error ? error.message : String(error) }
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

async function untilEnd({ system }: DevSystem, interrupted: Promise<unknown>): Promise<void> {
  const failure = await Promise.race([interrupted, system.failed])
  if (failure instanceof Error) throw failure
}
