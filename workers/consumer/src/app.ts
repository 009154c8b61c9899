import { KitError } from '@sealgate/kit'
import { probe, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { api } from './api.ts'
import { explain } from './explain.ts'
import { page } from './page.ts'
import { sockets } from './sockets.ts'

/** The example service. The gateway forwards `/api/*` as it is; alone, its routes stand at the root too. */
export const app = new Hono<SealgateEnv>()
  .route('/', page)
  .use(sealgate())
  .use(probe())
  .route('/api', explain)
  .route('/api', api)
  .route('/api', sockets)
  .route('/', explain)
  .route('/', api)
  .route('/', sockets)
  .notFound((c) => c.json({ error: 'not_found', error_description: 'There is no such resource' }, 404))
  .onError((error) => {
    if (error instanceof KitError) {
      console.error({ event: 'failed', code: error.code, problem: error.message })
      return error.getResponse()
    }
    console.error({ event: 'failed', problem: error.message })
    return Response.json(
      { error: 'server_error', error_description: 'Something went wrong here' },
      { status: 500, headers: { 'Cache-Control': 'no-store' } },
    )
  })
