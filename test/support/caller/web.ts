import { denialResponse, makeKit } from '@sealgate/kit'
import { type Carried, type Envelope, withCaller, type WorkflowEnvelope } from '@sealgate/kit/caller'
import type { Job, Jobs, Library, Reminder } from './jobs.ts'

interface Env {
  readonly ADMIN: {
    sign(claims: object, request: object): Promise<object>
    revoke(what: object): Promise<object>
  }
  readonly JOBS: Fetcher
  readonly JOBS_RPC: Service<typeof Jobs>
  readonly REMINDERS: DurableObjectNamespace<InstanceType<typeof Reminder>>
  readonly LIBRARY: DurableObjectNamespace<InstanceType<typeof Library>>
  readonly QUEUE: Queue<Envelope<Job>>
  readonly EXPORT: Workflow<WorkflowEnvelope<Job>>
  readonly RESULTS: KVNamespace
}

const callees = {
  JOBS: 'jobs',
  JOBS_RPC: 'jobs',
  REMINDERS: 'jobs',
  LIBRARY: 'jobs',
  QUEUE: 'jobs',
  // So short that it has ended when the workflow wakes up.
  EXPORT: { aud: 'jobs', permissions: ['read:reports', 'run:jobs'], ttlSeconds: 3 },
} as const

/** The service that a user's request reaches. `/raw/…` is what somebody does who can write to a queue, or start a workflow. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, first = '', name = ''] = new URL(request.url).pathname.split('/')
    if (first === 'sign')
      return Response.json(await env.ADMIN.sign(await request.json(), { audience: 'web' }))
    if (first === 'revoke') return Response.json(await env.ADMIN.revoke(await request.json()))
    if (first === 'results') return new Response(await env.RESULTS.get(name))
    if (first === 'raw-queue') return done(env.QUEUE.send(await request.json()))
    if (first === 'raw-workflow') return done(env.EXPORT.create({ params: await request.json() }))
    if (first === 'raw-rpc') {
      return Response.json(await attempt(() => env.JOBS_RPC.whoami(forgedFor(request), 'hello')))
    }
    const decision = await makeKit(env).authorize(request)
    if (!decision.granted) return denialResponse(decision, request)
    const carrying = withCaller(env, decision.auth, { callees, incoming: request })
    switch (first) {
      case 'fetch':
        return carrying.JOBS.fetch(request)
      case 'rpc':
        return Response.json(await carrying.JOBS_RPC.whoami('hello'))
      case 'remove':
        return Response.json(await attempt(() => carrying.JOBS_RPC.remove()))
      case 'queue':
        return done(carrying.QUEUE.send({ name }))
      case 'retry':
        return done(carrying.QUEUE.send({ name, fails: 2 }))
      case 'batch':
        return done(
          carrying.QUEUE.sendBatch([{ body: { name: `${name}-1` } }, { body: { name: `${name}-2` } }]),
        )
      case 'ask':
        return Response.json(await carrying.LIBRARY.getByName('one').answer(name))
      case 'workflow':
        return done(carrying.EXPORT.create({ params: { name } }))
      case 'alarm':
        return done(carrying.REMINDERS.getByName(name).remind(name, 4000))
      default:
        return new Response(null, { status: 404 })
    }
  },
} satisfies ExportedHandler<Env>

async function done(work: Promise<unknown>): Promise<Response> {
  await work
  return new Response('done')
}

/** What a Worker sends that got no token. */
function forgedFor({ headers }: Request): Carried {
  return headers.has('X-Nothing') ? (undefined as never) : { sealgate: { token: 'x' } }
}

async function attempt(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    const { name, message, code, status } = error as Error & { code?: string; status?: number }
    return { name, message, code, status, keys: Object.keys(error as object) }
  }
}
