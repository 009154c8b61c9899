import { KitError } from '@sealgate/kit'
import { probe, sealgate, type SealgateEnv } from '@sealgate/kit/hono'
import { correlationOf } from '@sealgate/kit/log'
import { Hono } from 'hono'
import { api } from './api.ts'
import { errorResponse } from './error-response.ts'
import { explain } from './explain.ts'
import { mcp } from './mcp.ts'
import { page } from './page.ts'
import { ownPayments } from './payments/own-payments.ts'
import { sockets } from './sockets.ts'

/** The example service. The gateway forwards `/api/*` as it is; alone, its routes stand at the root too. */
export const app = new Hono<SealgateEnv>()
  .route('/', page)
  .use(sealgate())
  .use(probe())
  .route('/', mcp)
  .route('/api', explain)
  .route('/api', api)
  .route('/api', ownPayments)
  .route('/api', sockets)
  .route('/', explain)
  .route('/', api)
  .route('/', ownPayments)
  .route('/', sockets)
  .notFound((c) => errorResponse(c.req.raw, 404, 'not_found', 'There is no such resource'))
  .onError((error, c) => {
    const { requestId } = correlationOf(c.req.raw)
    if (error instanceof KitError) {
      console.error({ event: 'failed', request_id: requestId, code: error.code, problem: error.message })
      return error.getResponse(requestId)
    }
    console.error({ event: 'failed', request_id: requestId, problem: error.message })
    return errorResponse(c.req.raw, 500, 'server_error', 'Something went wrong here')
  })
