import { parse, type Policy, policy } from '@sealgate/kit'
import { guard, type SealgateEnv } from '@sealgate/kit/hono'
import { Hono } from 'hono'
import { administrator, anybody, ownerOf, premium, reader } from './policies.ts'

/** The example routes with their rules, for the page that explains them. */
const RULES: readonly { readonly method: string; readonly path: string; readonly rule: Policy }[] = [
  { method: 'GET', path: '/api/secure', rule: policy() },
  { method: 'GET', path: '/api/whoami', rule: anybody },
  { method: 'GET', path: '/api/reports', rule: reader },
  { method: 'GET', path: '/api/admin/users', rule: administrator },
  { method: 'PUT', path: '/api/profile/auth0|alice', rule: ownerOf('auth0|alice') },
  { method: 'GET', path: '/api/secret-data', rule: premium },
]

/** What the caller's own token says, and what each rule says of it. Neither is a secret from the caller. */
export const explain = new Hono<SealgateEnv>()
  .get('/token', guard(anybody), (c) => {
    // Without its signature it is no credential.
    const { header, payload } = parse(c.req.header('Authorization')?.replace(/^bearer +/i, '') ?? '')
    return c.json({ header, payload }, 200, { 'Cache-Control': 'no-store' })
  })
  .get('/decisions', guard(anybody), async (c) => {
    const decisions = RULES.map(async ({ method, path, rule }) => {
      const explanation = await rule.explain(c.var.auth.claims)
      return { method, path, ...explanation }
    })
    return c.json({ decisions: await Promise.all(decisions) }, 200, { 'Cache-Control': 'no-store' })
  })
