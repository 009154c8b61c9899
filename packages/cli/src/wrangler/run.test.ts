import { expect, it } from 'vitest'
import { listSecrets, type RunWrangler } from './run.ts'
import { liveVersions } from './versions.ts'

const WORKER = { config: 'wrangler.jsonc', env: 'production' }

const failing = (stderr: string): RunWrangler => {
  return () => Promise.resolve({ code: 1, stdout: '', stderr })
}

it('takes a Worker for missing when Cloudflare says so', async () => {
  for (const said of ['This Worker does not exist. [code: 10007]', 'Worker "gateway" not found.']) {
    expect(await listSecrets(failing(said), 'wrangler.jsonc', 'production')).toBeUndefined()
  }
  expect(await liveVersions(failing('x [code: 10007]'), WORKER)).toEqual([])
})

it('never for another failure that has the number in it: a deploy would make its secrets anew', async () => {
  const run = failing('fetch failed: connect ECONNREFUSED 127.0.0.1:10007')
  await expect(listSecrets(run, 'wrangler.jsonc', 'production')).rejects.toThrow('ECONNREFUSED')
  await expect(liveVersions(run, WORKER)).rejects.toThrow('ECONNREFUSED')
})
