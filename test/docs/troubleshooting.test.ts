/** Makes each mistake of docs/guides/troubleshooting.md, and holds what the kit says against what the page quotes. */
import { createKit, envMode, generateSecret, type Kit, KitError, makeKit, policy } from '@sealgate/kit'
import { guard } from '@sealgate/kit/hono'
import { createTestIssuer } from '@sealgate/kit/testing'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { pageOf } from './markdown.ts'

const QUOTED = [...pageOf('docs/guides/troubleshooting.md').text.matchAll(/^> (.+)$/gm)].map(
  ([, text]) => text,
)

const issuer = await createTestIssuer({ audience: 'reports' })
const base = { JWT_ISS: 'https://issuer.test', JWT_AUD: 'reports' }
const keys = { fetch: () => Promise.resolve(new Response()) }
const secret = generateSecret()
const silent = { onEvent: () => undefined }

/** A kit whose JWKS service answers so. */
function asking(answer: () => Response): Promise<unknown> {
  const service = { fetch: () => Promise.resolve(answer()) }
  const config = { issuer: base.JWT_ISS, audience: 'reports', verify: { jwksService: service }, ...silent }
  return issuer.token().then((token) => createKit(config).verify(token))
}

async function delegated(kit: Kit, token: string, permissions: readonly string[] = []): Promise<string> {
  const auth = await kit.checkAuth(token)
  if (!auth) throw new Error('the test token did not pass')
  return kit.delegate(auth, { aud: 'billing', permissions })
}

const forgetful = (): void => undefined

/** Each mistake, in the order of the page. */
const MISTAKES: readonly (() => unknown)[] = [
  () => makeKit({ ...base, JWT_SECRET_NAME: 'JWT_SECRET_NEW' }),
  () => makeKit({ ...base, JWT_PRIVATE_JWK_NAME: 'GATEWAY_PRIVATE_A,GATEWAY_PRIVATE_B' }),
  () => makeKit({ ...base, JWT_SECRET_NAME: secret }),
  () => makeKit(base),
  () => makeKit({ ...base, JWT_ISS: '' }),
  () => makeKit({ ...base, JWT_AUD: undefined }),
  () => makeKit({ ...base, JWT_SECRET: 'A'.repeat(43) }),
  () => makeKit({ ...base, JWT_SECRET: 'correct horse battery staple' }),
  () => makeKit({ ...base, JWT_PUBLIC_JWK: { kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'd' } }),
  () => makeKit({ ...base, JWT_JWKS_SERVICE_NAME: 'GATEWAY_KEYS' }),
  () => makeKit(issuer.env).sign({ sub: 'ada' }),
  () => new Hono().get('/', guard()).onError(rethrow).request('/'),
  () => makeKit({ ...base, JWT_PRIVATE_JWK: '{}', JWT_SECRET: secret }),
  () => makeKit({ ...base, JWT_SECRET: secret, JWT_JWKS_SERVICE_NAME: 'KEYS', KEYS: keys }),
  () => envMode({ JWT_JWKS_SERVICE_NAME: 'KEYS', JWT_JWKS_URL: 'https://gateway.example/jwks' }, 'consumer'),
  () => asking(() => new Response('', { status: 404 })),
  () => asking(() => new Response('', { status: 500 })),
  () => asking(() => new Response('', { status: 503 })),
  () => asking(() => new Response('', { status: 302, headers: { Location: 'https://login.example/' } })),
  () => asking(() => new Response('<!doctype html>')),
  unknownKidInAnOutage,
  () => asking(() => Response.json({ keys: [] })),
  () => makeKit({ ...issuer.env, JWT_DENYLIST_NAME: 'DENYLIST' }),
  () => makeKit(issuer.env).revoke({ sub: 'ada' }),
  () => policy().needAll(),
  // @ts-expect-error -- a function that forgot its return
  () => new Hono().get('/', guard(forgetful)).onError(rethrow).request('/', {}, issuer.env),
  () => policy().kind('anonymous').build(),
  async () => {
    const auth = await makeKit(issuer.env).checkAuth(await issuer.token())
    return makeKit(issuer.env).delegate({ ...auth } as NonNullable<typeof auth>, { aud: 'billing' })
  },
  async () => {
    const kit = makeKit({ ...base, JWT_SECRET: secret })
    return delegated(kit, await kit.sign({ sub: 'ada' }), ['write:invoices'])
  },
  async () => delegated(makeKit(issuer.env), await issuer.token()),
  async () => {
    const rejected = { ok: false, code: 'unauthorized_client', status: 403 }
    const EXCHANGE = { delegate: () => Promise.resolve(rejected) }
    const env = { ...issuer.env, JWT_EXCHANGE_SERVICE_NAME: 'EXCHANGE', EXCHANGE }
    return delegated(makeKit(env), await issuer.token())
  },
]

async function unknownKidInAnOutage(): Promise<void> {
  let time = Date.now() / 1000
  const other = await createTestIssuer({ audience: 'reports', now: () => time })
  const kit = makeKit(other.env, { ...silent, now: () => time })
  await kit.verify(await other.token())
  await other.rotate()
  other.break()
  time += 60
  const next = await other.token()
  await kit.verify(next).catch(() => undefined)
  await kit.verify(next)
}

function rethrow(error: Error): never {
  throw error
}

async function messageOf(mistake: () => unknown): Promise<string> {
  try {
    await mistake()
  } catch (error) {
    if (error instanceof KitError) return error.message
    throw error
  }
  throw new Error(`nothing was wrong: ${mistake.toString()}`)
}

it('quotes, in its order, what the kit says to each mistake', async () => {
  const said: string[] = []
  for (const mistake of MISTAKES) said.push(await messageOf(mistake))
  expect(QUOTED).toEqual(said)
})
