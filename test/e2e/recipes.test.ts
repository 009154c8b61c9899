import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTestIssuer } from '@sealgate/kit/testing'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare, type Response as MiniflareResponse } from 'miniflare'
import { expect, it } from 'vitest'
import { ends } from '../support/ends.ts'

// The recipes of docs/reference/kit.md, "Test your own service", that no other test follows. `app.request()` with `issuer.env`
// is in the consumer's tests, `Object.assign(env, issuer.env)` in those of Agents.

it('the test issuer is the service binding of a Worker in Miniflare', async () => {
  const issuer = await createTestIssuer({ audience: 'reports' })
  const bundle = await build({
    stdin: {
      contents: `
        import { env } from 'cloudflare:workers'
        import { makeKit } from '@sealgate/kit'
        const jwt = makeKit(env)
        export default { fetch: async (request) => Response.json(await jwt.authorize(request)) }`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'import'],
    external: ['cloudflare:workers'],
  })
  const { TEST_ISSUER, JWT_ISS, JWT_AUD, JWT_JWKS_SERVICE_NAME } = issuer.env
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          name: 'reports',
          modules: true,
          compatibilityDate: '2026-10-23',
          script: bundle.outputFiles[0]?.text ?? '',
          bindings: { JWT_ISS, JWT_AUD, JWT_JWKS_SERVICE_NAME },
          serviceBindings: {
            // Miniflare has a type of its own for responses, and takes any.
            TEST_ISSUER: async ({ url }) => (await TEST_ISSUER.fetch(url)) as unknown as MiniflareResponse,
          },
        },
      ],
    }),
  )
  const close = ends(() => miniflare.dispose())
  try {
    const ask = async (token: string) => {
      const response = await miniflare.dispatchFetch('https://reports.test/', {
        headers: { Authorization: `Bearer ${token}` },
      })
      return response.json()
    }
    expect(await ask(await issuer.token({ sub: 'ada' }))).toMatchObject({
      granted: true,
      auth: { sub: 'ada' },
    })
    expect(await ask(await issuer.forged())).toMatchObject({ granted: false, reason: 'bad_signature' })
    expect(issuer.binding.fetches).toBe(1)
  } finally {
    await close()
  }
})

it('the test issuer works under the test runner of Node', async () => {
  const file = join(import.meta.dirname, 'recipes/node-runner.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file])
  expect(stdout).toMatch(/^# pass 3$/m)
  expect(stdout).toMatch(/^# fail 0$/m)
})
