import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import './provided.ts'

/**
 * Starts the local model for tests that run in workerd, where nothing listens; it ends with the run. A process of its own: what
 * a project loads here is resolved as for workerd.
 */
export default async function setUp(project: TestProject): Promise<() => void> {
  const child = fork(join(import.meta.dirname, 'model-program.ts'))
  const [url] = (await once(child, 'message')) as unknown[]
  project.provide('modelUrl', String(url))
  return () => void child.kill()
}
