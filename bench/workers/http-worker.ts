import type { Hono } from 'hono'
import type { Fixtures } from '../measure/fixtures.ts'
import { type Apps, makeApps } from '../candidates/apps.ts'

interface Env {
  readonly APP: keyof Apps
  /** Fixtures without tokens, as JSON. */
  readonly FIXTURES: string
}

let app: Hono | undefined

/** A consumer as a Worker of its own: one of the apps. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    app ??= (await makeApps(JSON.parse(env.FIXTURES) as Fixtures))[env.APP]
    return app.fetch(request)
  },
}
