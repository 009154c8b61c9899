import { createKit, policy } from '@sealgate/kit'
import { guard } from '@sealgate/kit/hono'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { jwk } from 'hono/jwk'
import { base64url, createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { AUDIENCE, type Fixtures, ISSUER } from '../measure/fixtures.ts'
import { ED25519, importKeys, joseOptions, jwksService } from './inputs.ts'

/** Hono apps that response alike; what differs is what stands before the handler. */
export type Apps = Readonly<Record<'open' | 'raw' | 'jose' | 'hono' | 'ours', Hono>>

const PERMISSION = 'orders:read'
const ROLES = ['billing-admin', 'owner']
const encoder = new TextEncoder()

export async function makeApps(fixtures: Fixtures): Promise<Apps> {
  const { verifying } = await importKeys(fixtures)
  const remote = createRemoteJWKSet(new URL('https://jwks.internal/.well-known/jwks.json'), {
    [customFetch]: jwksService(fixtures).fetch,
  })
  const kit = createKit({
    issuer: ISSUER,
    audience: AUDIENCE,
    verify: { jwksService: jwksService(fixtures) },
  })
  const rules = policy().needAll(PERMISSION).rolesAny('billing-admin', 'owner').build()
  return {
    open: appWith(),
    raw: appWith(async (c, next) => {
      const token = bearerOf(c)
      const dot = token.lastIndexOf('.')
      const signature = base64url.decode(token.slice(dot + 1))
      if (!(await crypto.subtle.verify(ED25519, verifying, signature, encoder.encode(token.slice(0, dot)))))
        return c.text('', 401)
      return next()
    }),
    jose: appWith(async (c, next) => {
      const { payload } = await jwtVerify(bearerOf(c), remote, joseOptions('EdDSA'))
      return mayPass(payload) ? next() : c.text('', 403)
    }),
    hono: appWith(
      jwk({
        keys: [{ ...fixtures.publicJwk }],
        alg: ['EdDSA'],
        verification: { iss: ISSUER, aud: AUDIENCE },
      }),
      (c, next) => (mayPass(c.get('jwtPayload')) ? next() : Promise.resolve(c.text('', 403))),
    ),
    ours: appWith(guard(rules, { kit })),
  }
}

export function appWith(...before: MiddlewareHandler[]): Hono {
  const app = new Hono()
  for (const handler of before) app.use(handler)
  app.get('/orders', (c) => c.json({ orders: [1, 2, 3] }))
  return app
}

function bearerOf(c: Context): string {
  return c.req.raw.headers.get('Authorization')?.slice('Bearer '.length) ?? ''
}

/** The same rules as the kit's policy, by hand. */
function mayPass(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null) return false
  const { permissions, roles }: { permissions?: unknown; roles?: unknown } = payload
  return (
    Array.isArray(permissions) &&
    permissions.includes(PERMISSION) &&
    Array.isArray(roles) &&
    ROLES.some((role) => roles.includes(role))
  )
}

/** Sends a request with this token through an app. */
export async function answered(app: Hono, token: string, expected = 200): Promise<void> {
  const request = new Request('https://orders.example.com/orders', {
    headers: { Authorization: `Bearer ${token}` },
  })
  const { status } = await app.fetch(request)
  if (status !== expected) throw new Error(`a request got ${status}, not ${expected}`)
}
