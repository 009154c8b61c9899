/** `guard(…, { bound: true })` behind middleware that has read the body. */
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { mount } from 'hono/mount'
import { validator } from 'hono/validator'
import { describe, expect, it } from 'vitest'
import { createKit, generateSecret, type EventLine } from '../index.ts'
import { guard, sealgate } from './middleware.ts'

const events: EventLine[] = []
const kit = createKit({
  issuer: 'https://issuer.test',
  audience: 'orders',
  sign: { secret: generateSecret() },
  logLevel: 'off',
  onEvent: (event) => void events.push(event),
})
const bound = guard(undefined, { kit, bound: true })

const read =
  (reading: (c: Context) => unknown): MiddlewareHandler =>
  async (c, next) => {
    await reading(c)
    await next()
  }

/** An app that reads the body, then guards, then tells what the handler gets. */
const appOf = (before: MiddlewareHandler): App =>
  new Hono().use(before).post('/pay', bound, async (c) => c.text(await c.req.text()))

type App = Pick<Hono, 'request' | 'fetch'>

interface Sent {
  readonly body: string | Uint8Array
  readonly type?: string
  /** What the token is bound to, where that is another body. */
  readonly signed?: string | Uint8Array
}

async function send(app: App, { body, signed = body, type = 'application/json' }: Sent): Promise<Response> {
  const requestOf = (content: string | Uint8Array): Request =>
    new Request('http://localhost/pay?now=1', {
      method: 'POST',
      body: content,
      headers: { 'Content-Type': type },
    })
  const token = await kit.sign({ sub: 'job' }, { request: requestOf(signed) })
  const request = requestOf(body)
  request.headers.set('Authorization', `Bearer ${token}`)
  return app.request(request)
}

/** Not what JSON.stringify would make of it. */
const JSON_BODY = '{ "amount" :7.0, "to":"\\u00e9é" }\r\n'

const readers: [what: string, reading: MiddlewareHandler, sent?: Partial<Sent>][] = [
  ['c.req.json()', read((c) => c.req.json())],
  ['c.req.text()', read((c) => c.req.text())],
  ['c.req.arrayBuffer()', read((c) => c.req.arrayBuffer())],
  ['c.req.bytes()', read((c) => c.req.bytes())],
  ['c.req.blob()', read((c) => c.req.blob())],
  [
    'c.req.json() twice and text()',
    read(async (c) => (await c.req.json(), await c.req.json(), await c.req.text())),
  ],
  ['a read that nobody waits for', read((c) => void c.req.text())],
  [
    'c.req.parseBody()',
    read((c) => c.req.parseBody()),
    { body: 'a=1&b=%20+', type: 'application/x-www-form-urlencoded' },
  ],
  ['a validator of JSON', validator('json', (value) => value as object)],
  [
    'a validator of forms',
    validator('form', (value) => value),
    { body: 'a=1', type: 'application/x-www-form-urlencoded' },
  ],
  ['a body limit', bodyLimit({ maxSize: 1000 })],
  ['a clone', read((c) => c.req.raw.clone().text())],
  ['nothing at all', read(() => undefined)],
]

describe('a request-bound token behind middleware', () => {
  it.each(readers)('counts after %s, for the very bytes that were sent', async (_, reading, sent) => {
    const body = sent?.body ?? JSON_BODY
    const app = appOf(reading)
    const response = await send(app, { body, ...sent })
    expect([response.status, await response.text()]).toEqual([200, body])
    const other = await send(app, { ...sent, body: `${String(body)} `, signed: body })
    expect(other.status).toBe(401)
  })

  it('counts after a body of no bytes was read, and for bytes that are no text', async () => {
    for (const body of ['', new Uint8Array([0xff, 0, 0xfe])]) {
      const response = await send(appOf(read((c) => c.req.arrayBuffer())), { body })
      expect(response.status).toBe(200)
    }
  })

  it('is held against what the handler gets where Hono keeps text alone', async () => {
    const asText = appOf(read((c) => c.req.text()))
    const marked = new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])
    expect((await send(asText, { body: marked, signed: '{}' })).status).toBe(200)
    expect((await send(asText, { body: marked })).status).toBe(401)
    expect((await send(asText, { body: new Uint8Array([0xff]), signed: '\ufffd' })).status).toBe(200)
    expect((await send(asText, { body: new Uint8Array([0xff]), signed: '?' })).status).toBe(401)
  })

  it.each<[what: string, reading: MiddlewareHandler, sent?: Partial<Sent>]>([
    ['c.req.raw.text()', read((c) => c.req.raw.text())],
    [
      'c.req.formData()',
      read((c) => c.req.formData()),
      { body: 'a=1', type: 'application/x-www-form-urlencoded' },
    ],
    [
      // As Hono before 4.10 does it.
      'JSON that was kept parsed',
      read(async (c) => Object.assign(c.req.bodyCache, { json: Promise.resolve(await c.req.raw.json()) })),
    ],
  ])('is an error that names the order, reported to the operator, after %s', async (_, reading, sent) => {
    events.length = 0
    const response = await send(appOf(reading), { body: JSON_BODY, ...sent })
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('misconfigured')])
    expect(events).toMatchObject([
      {
        event: 'request_failed',
        level: 'error',
        reason: 'ERR_CLAIMS',
        detail: expect.stringMatching(/read already.*guard first/) as string,
      },
    ])
  })

  it('is still 401 for whoever has none, whatever was read', async () => {
    const response = await appOf(read((c) => c.req.raw.text())).request('/pay', {
      method: 'POST',
      body: '{}',
    })
    expect(response.status).toBe(401)
  })
})

it('a guard that binds nothing leaves the body alone: one that broke off denies nobody', async () => {
  const reading = read((c) => c.req.text().catch(() => ''))
  const app = new Hono().use(reading).post('/pay', guard(undefined, { kit }), (c) => c.text('in'))
  const body = new ReadableStream({
    pull: (controller) => {
      controller.error(new Error('broke off'))
    },
  })
  const request = new Request('http://localhost/pay', { method: 'POST', body, duplex: 'half' } as RequestInit)
  request.headers.set('Authorization', `Bearer ${await kit.sign({ sub: 'job' })}`)
  const response = await app.request(request)
  expect([response.status, await response.text()]).toEqual([200, 'in'])
})

it('an error of the team’s own is theirs: it is thrown as it is, and not reported as ours', async () => {
  events.length = 0
  const failing = guard(
    () => {
      throw new TypeError('their own')
    },
    { kit },
  )
  const app = new Hono().use(failing).get('/', (c) => c.text('in'))
  app.onError((error) => new Response(String(error), { status: 500 }))
  expect(await (await app.request('/')).text()).toBe('TypeError: their own')
  expect(events).toEqual([])
})

describe('mount', () => {
  const inner = new Hono().post('/pay', async (c) => c.text(await c.req.text()))

  it('leaves the body to an app behind a guard in front of it', async () => {
    const app = new Hono().use(bound).all('/*', mount(inner.fetch))
    const response = await send(app, { body: JSON_BODY })
    expect([response.status, await response.text()]).toEqual([200, JSON_BODY])
    expect((await send(app, { body: JSON_BODY, signed: '{}' })).status).toBe(401)
  })

  it('hides its prefix, and what was read before, from a guard in the app behind it', async () => {
    const guarded = appOf(read(() => undefined))
    const behind = new Hono().all('/api/*', mount(guarded.fetch))
    const request = new Request('http://localhost/api/pay', { method: 'POST', body: JSON_BODY })
    request.headers.set('Authorization', `Bearer ${await kit.sign({ sub: 'job' }, { request })}`)
    expect((await behind.request(request)).status).toBe(401)
    events.length = 0
    const handing = mount(guarded.fetch, { replaceRequest: (raw) => raw })
    const app = new Hono().use(read((c) => c.req.text())).all('/*', handing)
    expect((await send(app, { body: JSON_BODY })).status).toBe(500)
    expect(events).toMatchObject([
      { event: 'request_failed', detail: expect.stringMatching(/guard first/) as string },
    ])
  })
})

it('a configuration that makes no kit is reported, by guard and by sealgate', async () => {
  const lines: unknown[] = []
  const { error } = console
  console.error = (line: unknown) => void lines.push(line)
  try {
    for (const app of [new Hono().use(guard()), new Hono().use(sealgate())])
      expect((await app.request('/', {}, {})).status).toBe(500)
  } finally {
    console.error = error
  }
  const line = {
    schema: 1,
    event: 'request_failed',
    reason: 'ERR_CONFIG',
    detail: expect.stringMatching(/JWT_ISS is not set/) as string,
  }
  expect(lines).toMatchObject([line, line])
})
