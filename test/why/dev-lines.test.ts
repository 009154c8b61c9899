/** What Workers log on the development system comes to `sealgate why`, whatever is in it, while the system runs. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dev, startDev } from '../support/dev-system.ts'
import { SmallProject } from '../support/small-project.ts'
import { why } from '../support/why.ts'

/** Quotes of each kind, what ends a text, line breaks, and what a terminal acts on. */
const HOSTILE = `it's "so" \`\${x}\` ', level: 'info' }\n{ event: 'request' }\\ \u001b[2J\u202e ${'long '.repeat(40)}`

const project = new SmallProject('EdDSA')
project.write(
  'services/invoices/index.ts',
  `import { guard, sealgate } from '@sealgate/kit/hono'
import { Hono } from 'hono'
export default new Hono()
  .use(sealgate())
  .get('/billing/invoices', guard(), (c) => c.text('ok'))
  .get('/logs', (c) => {
    console.warn({
      ts: new Date().toISOString(), level: 'warn', event: 'decision', schema: 1, service: 'billing', version: { id: 'v1' },
      request_id: c.req.query('id'), decision: 'denied', status: 403, reason: 'insufficient_rights', detail: c.req.query('detail'),
    })
    console.log({ event: 'mine' }, 'and words')
    return c.text('ok')
  })
`,
)
interface Explanation {
  readonly found: boolean
  readonly attempts: readonly {
    readonly headline: string
    readonly hops: readonly { readonly rows: readonly (readonly [string, string])[] }[]
  }[]
  readonly advice: readonly object[]
}

const printed: string[] = []
let dev: Dev
let isStopped = false

beforeAll(async () => {
  dev = await startDev((program, line) => printed.push(`[${program}] ${line}`), project.folder)
})
afterAll(async () => {
  if (!isStopped) await dev.stop()
  project.remove()
})

it('is found by its id, as it was logged, and readable in the terminal', async () => {
  const query = new URLSearchParams({ id: 'req-of-today', detail: HOSTILE }).toString()
  await fetch(`${dev.addresses.services.get('invoices') ?? ''}/logs?${query}`)
  const { code, stdout } = await why(['req-of-today', '--json'], { cwd: project.folder })
  expect(code).toBe(0)
  const { attempts } = JSON.parse(stdout) as {
    readonly attempts: readonly { readonly hops: readonly { readonly line: { readonly detail: string } }[] }[]
  }
  expect(attempts[0]?.hops[0]?.line).toMatchObject({ detail: HOSTILE, version: { id: 'v1' }, status: 403 })
  expect(printed.join('\n')).toMatch(/\[invoices\] \{ ts: .*request_id: 'req-of-today'/)
})

it('is for its owner alone, and nothing else is kept', () => {
  const file = join(project.folder, `.sealgate/dev-${new URL(dev.addresses.gateway).port}/lines.ndjson`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toContain('req-of-today')
  expect(readFileSync(file, 'utf8')).not.toContain('mine')
})

it('is explained in the same words to a page of the gateway, and to no page of another site', async () => {
  const ask = (id: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${dev.addresses.gateway}/dev/why/${id}`, { headers })
  const { stdout } = await why(['req-of-today'], { cwd: project.folder })
  const { found, attempts, advice } = (await (await ask('req-of-today')).json()) as Explanation
  expect(found).toBe(true)
  const [attempt] = attempts
  expect(stdout).toContain(attempt?.headline)
  expect(attempt?.hops[0]?.rows).toContainEqual(['decision', 'denied with 403: insufficient_rights'])
  expect(stdout).toContain('denied with 403: insufficient_rights')
  expect(advice).toMatchObject([{ reason: 'insufficient_rights', meaning: expect.any(String) as string }])
  expect(await (await ask('req-unheard-of')).json()).toMatchObject({ found: false, attempts: [] })
  expect((await ask('req-of-today', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
  expect((await ask('short')).status).toBe(404)
})

it('of an id that nobody has exits 1, and says where it was looked', async () => {
  const { code, stdout } = await why(['req-unheard-of'], { cwd: project.folder })
  expect(code).toBe(1)
  expect(stdout).toContain(
    `the development system with its gateway on port ${new URL(dev.addresses.gateway).port}`,
  )
})

it('goes with the system', async () => {
  const file = join(project.folder, `.sealgate/dev-${new URL(dev.addresses.gateway).port}/lines.ndjson`)
  isStopped = true
  await dev.stop()
  expect(existsSync(file)).toBe(false)
  const { code, stderr } = await why(['req-of-today'], { cwd: project.folder })
  expect([code, stderr]).toEqual([2, expect.stringContaining('No development system runs') as string])
})
