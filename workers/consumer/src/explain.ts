import { correlationHeaders, type FetchService, parse, type Policy, policy } from '@sealgate/kit'
import { guard, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { chatNameOf } from './chat/chat-name.ts'
import { administrator, anybody, ownerAlone, ownerOf, premium, reader } from './policies.ts'

interface ExplainEnv extends SealgateEnv {
  Bindings: { readonly GATEWAY_KEYS: FetchService }
}

interface ExplainedRoute {
  /** What the page does to call it. */
  readonly method: 'GET' | 'PUT' | 'WebSocket'
  readonly path: string
  readonly rule: Policy
  /** Whose it is, where that decides. */
  readonly of?: string
}

const ALICE = 'auth0|alice'

/** The example routes with their rules, for the page that explains them. */
const ROUTES: readonly ExplainedRoute[] = [
  { method: 'GET', path: '/api/secure', rule: policy() },
  { method: 'GET', path: '/api/whoami', rule: anybody },
  { method: 'GET', path: '/api/reports', rule: reader },
  { method: 'GET', path: '/api/admin/users', rule: administrator },
  { method: 'PUT', path: `/api/profile/${ALICE}`, rule: ownerOf(ALICE), of: ALICE },
  { method: 'GET', path: '/api/secret-data', rule: premium },
  { method: 'WebSocket', path: '/api/echo', rule: policy() },
  { method: 'WebSocket', path: `/api/agents/chat/${chatNameOf(ALICE)}`, rule: ownerAlone(ALICE), of: ALICE },
]

const NO_STORE = { 'Cache-Control': 'no-store' }

/** What the page shows of the caller's own token, of each rule, and of the keys. None of it is a secret. */
export const explain = new Hono<ExplainEnv>()
  .get('/token', guard(anybody), (c) => {
    // Without its signature it is no credential.
    const { header, payload } = parse(c.req.header('Authorization')?.replace(/^bearer +/i, '') ?? '')
    return c.json({ header, payload }, 200, NO_STORE)
  })
  .get('/decisions', guard(anybody), async (c) => {
    const decisions = ROUTES.map(async ({ rule, ...route }) => {
      const explanation = await rule.explain(c.var.auth.claims)
      return { ...route, ...explanation }
    })
    return c.json({ decisions: await Promise.all(decisions) }, 200, NO_STORE)
  })
  /** The JWK Set as the gateway publishes it now, and which of its keys this service has in its cache. */
  .get('/keys', guard(anybody), async (c) => {
    const url = 'https://jwks.internal/.well-known/jwks.json'
    const headers = correlationHeaders(c.req.raw)
    const response = await c.env.GATEWAY_KEYS.fetch(url, { headers }).catch(() => undefined)
    // A gateway that restarts has none for a moment; what this service has in its cache, it has.
    const published: unknown = response?.ok === true ? await response.json() : { keys: [] }
    const { verify } = await c.var.jwt.describe()
    return c.json({ published, cache: verify }, 200, NO_STORE)
  })
