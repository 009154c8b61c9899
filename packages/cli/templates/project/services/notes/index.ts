import { OwnedAgent } from '@sealgate/kit/agents'
import { guard, probe, sealgate } from '@sealgate/kit/hono/verify'
import { correlationHeaders, denylist } from '@sealgate/kit/verify'
import { Agent, getAgentByName } from 'agents'
import { Hono } from 'hono'

interface Env {
  readonly Notes: DurableObjectNamespace<Notes>
}

interface State {
  readonly notes: readonly string[]
}

const MAX_CHARACTERS = 1000
const MAX_NOTES = 100

/** What one user noted. The Agent's name is its owner's `sub`; it checks the token again, and nobody else gets in. */
export class Notes extends OwnedAgent(Agent<Env, State>, { ownerOf: (name) => name }) {
  override initialState: State = { notes: [] }

  override async onRequest(request: Request): Promise<Response> {
    if (request.method === 'POST') {
      const note = (await request.text()).slice(0, MAX_CHARACTERS)
      this.setState({ notes: [...this.state.notes, note].slice(-MAX_NOTES) })
    }
    if (request.method === 'DELETE') this.setState(this.initialState)
    return Response.json(this.state, { headers: { 'Cache-Control': 'no-store' } })
  }

  /** Clients that listen over a WebSocket see each change of the state, and make none. */
  override shouldConnectionBeReadonly(): boolean {
    return true
  }
}

/** Every user has one Agent, and no path leads to somebody else's. */
export default new Hono<{ Bindings: Env }>()
  .use(sealgate({ parts: [denylist] }))
  .use(probe())
  .on(['GET', 'POST', 'DELETE'], '/api/notes', guard(), async (c) => {
    const agent = await getAgentByName(c.env.Notes, c.var.auth.sub)
    const request = new Request(c.req.raw)
    // The Agent's lines in the log then have the same request_id and trace_id.
    for (const [name, value] of Object.entries(correlationHeaders(c.req.raw)))
      request.headers.set(name, value)
    return agent.fetch(request)
  })
  .notFound((c) =>
    c.json({ error: 'not_found', request_id: correlationHeaders(c.req.raw)['X-Request-Id'] }, 404),
  )
