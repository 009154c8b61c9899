import { Hono } from 'hono'
import { expect, it, vi } from 'vitest'
import { guard } from '../../hono/middleware.ts'
import { makeKit } from '../../kit/make-kit.ts'
import { policy } from '../../policy/builder.ts'
import { createTestIssuer } from '../../testing/test-issuer.ts'
import { analyticsEngine } from './analytics-engine.ts'
import { METRICS_BLOBS } from './metrics-columns.ts'
import { otlpLogs } from './otlp-logs.ts'

it('a guard of a kit with sinks sends denials to receivers, and counts grants and denials as metrics', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const points: (readonly string[])[] = []
  const bodies: string[] = []
  const runs: Promise<unknown>[] = []
  const sinks = [
    analyticsEngine(),
    otlpLogs({
      fetch: (_, init) => {
        bodies.push(init?.body as string)
        return Promise.resolve(Response.json({}))
      },
      sleep: () => Promise.resolve(),
      waitUntil: (run) => runs.push(run),
    }),
  ]
  const issuer = await createTestIssuer()
  const env = {
    ...issuer.env,
    METRICS: { writeDataPoint: ({ blobs }: { blobs: readonly string[] }) => points.push(blobs) },
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.test',
  }
  const kit = makeKit(env, { sinks })
  const app = new Hono().get('/', guard(policy().needAll('read:reports'), { kit }), (c) => c.text('in'))
  const statusOf = async (permissions: readonly string[]): Promise<number> => {
    const token = await issuer.token({ sub: 'canary', permissions })
    return (await app.request('/', { headers: { Authorization: `Bearer ${token}` } })).status
  }
  expect([await statusOf(['read:reports']), await statusOf([])]).toEqual([200, 403])
  await vi.waitFor(() => expect(runs).toHaveLength(1))
  await Promise.all(runs)

  const column = (name: (typeof METRICS_BLOBS)[number]): number => METRICS_BLOBS.indexOf(name)
  const decisions = points.filter((blobs) => blobs[column('event')] === 'decision')
  expect(decisions.map((blobs) => [blobs[column('decision')], blobs[column('reason')]])).toEqual([
    ['granted', ''],
    ['denied', 'insufficient_rights'],
  ])
  expect(bodies).toHaveLength(1)
  expect(bodies[0]).toContain('insufficient_rights')
  expect(bodies[0]).not.toContain('granted')
  expect(JSON.stringify([points, bodies])).not.toContain('canary')
})
