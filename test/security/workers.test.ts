/**
 * The gateway and the consumer as real Workers, attacked over HTTP: hostile tokens, and requests that `fetch` would never
 * send, written to the socket by hand.
 */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers } from 'sealgate/internal'
import { bearer, newSlots, startSystem, type System } from '../support/system.ts'
import { controlsFor } from './controls.ts'
import { attacksOn } from './corpus.ts'
import type { Target } from './target.ts'
import { eddsaTarget, type OkpJwk } from './targets.ts'

const slots = newSlots()
const target: Target = {
  ...eddsaTarget(JSON.parse(slots.GATEWAY_PRIVATE_B) as OkpJwk, {
    issuer: 'https://gateway.internal',
    audience: 'reports',
    now: Math.floor(Date.now() / 1000),
  }),
  // A published JWK names its algorithm, and the other name of it counts no more.
  algs: ['EdDSA'],
}
let system: System
/** An Auth0 token of somebody without a permission. */
let token: string

beforeAll(async () => {
  system = await startSystem({ gatewaySecrets: slots })
  token = await system.login(demoUsers.bob)
})
afterAll(() => system.close())

/** What a header can hold. A client that puts anything else there sends no request. */
const isHeaderText = (value: string): boolean => /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)

/** Asks the consumer with each token, some at a time. */
async function askWithEach(tokens: readonly string[]): Promise<readonly Response[]> {
  const answers: Response[] = []
  for (let index = 0; index < tokens.length; index += 20) {
    const some = tokens.slice(index, index + 20)
    answers.push(...(await Promise.all(some.map((one) => system.consumer('/secure', bearer(one))))))
  }
  return answers
}

describe('the consumer', () => {
  it('rejects every hostile token in the same words, whatever is wrong with it', async () => {
    // Class 21 is exact to the second, and here the clock goes on.
    const attacks = (await attacksOn(target)).filter(
      (one) => one.attackClass !== 21 && one.token.length < 10_000 && isHeaderText(one.token),
    )
    expect(attacks.length).toBeGreaterThan(700)
    const answers = await askWithEach(attacks.map((one) => one.token))
    const told = await Promise.all(
      answers.map(async (answer) => {
        const challenge = answer.headers.get('WWW-Authenticate')
        const { request_id: id, ...words } = (await answer.json()) as Readonly<Record<string, string>>
        expect(id).toBe(answer.headers.get('X-Request-Id'))
        return JSON.stringify([answer.status, challenge, words])
      }),
    )
    // 401 for a token that does not count; 400 where the header holds no token at all.
    const words = [...new Set(told)].map((one) => JSON.parse(one) as [number, string, object])
    expect(words.map(([status]) => status).sort()).toEqual([400, 401])
    expect(words.every(([, challenge]) => /^Bearer error="invalid_(token|request)", /.test(challenge))).toBe(
      true,
    )
  })

  it('takes the good ones beside them', async () => {
    const tokens = (await controlsFor(target))
      .filter(([name, one]) => name !== 'exp within the leeway' && one.length < 8000)
      .map(([, one]) => one)
    const answers = await askWithEach(tokens)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })
})

/** The status of a request that is written as it stands. 0: the connection was closed without an answer. */
async function statusOf(lines: readonly string[]): Promise<number> {
  const { hostname, port } = system.url
  const socket = connect(Number(port), hostname)
  socket.write(
    Buffer.from([...lines, `Host: ${hostname}`, 'Connection: close', '', ''].join('\r\n'), 'latin1'),
  )
  const answer = await text(socket)
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}

describe('the gateway, asked by hand', () => {
  // Class 39. The page is open to all; what an administrator may see lies beside it.
  it.each([
    '/app/../api/admin/users',
    '/app/..%2fapi/admin/users',
    '/app/%2e%2e/api/admin/users',
    '/app/.%2e/api/admin/users',
    '/app/%2e./api/admin/users',
    '/app/..%5capi%5cadmin%5cusers',
    '/app/..\\api\\admin\\users',
    '/app/..;/api/admin/users',
    '/app/..%252fapi/admin/users',
    '/app/%c0%ae%c0%ae/api/admin/users',
    '//api/admin/users',
    '/app//../api/admin/users',
    '/./api/admin/users',
    '/api/./admin/users',
    '/api//admin/users',
    '/api/admin%2fusers',
    '/api/%61dmin/users',
    '/api/ADMIN/users',
    '/API/admin/users',
    '/api/admin/users/',
    '/api/admin/users%00',
    '/api/admin/users%20',
    '/api/admin/users;x',
    '/api/admin/users?x=/app/',
    '/api/admin/users#/app/',
    'http://evil.example/api/admin/users',
    'http://gateway/app/../api/admin/users',
  ])('lets nobody around a route by %s', async (path) => {
    const rejected = [400, 401, 403, 404]
    expect(rejected).toContain(await statusOf([`GET ${path} HTTP/1.1`]))
    expect(rejected).toContain(await statusOf([`GET ${path} HTTP/1.1`, `Authorization: Bearer ${token}`]))
  })

  // Classes 36 and 37.
  it.each<[what: string, status: number, lines: (good: string) => readonly string[]]>([
    ['one token', 200, (good) => [`Authorization: Bearer ${good}`]],
    ['a scheme in lower case', 200, (good) => [`authorization: bearer ${good}`]],
    ['spaces around it', 200, (good) => [`Authorization:   Bearer   ${good}  `]],
    ['the token twice', 400, (good) => [`Authorization: Bearer ${good}`, `Authorization: Bearer ${good}`]],
    ['a bad one after it', 400, (good) => [`Authorization: Bearer ${good}`, 'Authorization: Bearer x']],
    ['a bad one before it', 400, (good) => ['Authorization: Bearer x', `Authorization: Bearer ${good}`]],
    ['Basic before it', 400, (good) => ['Authorization: Basic YTpi', `Authorization: Bearer ${good}`]],
    ['two in one header', 400, (good) => [`Authorization: Bearer ${good}, Bearer ${good}`]],
    ['a tab after the scheme', 400, (good) => [`Authorization: Bearer\t${good}`]],
    ['a no-break space after the scheme', 400, (good) => [`Authorization: Bearer\xa0${good}`]],
    ['no space after the scheme', 401, (good) => [`Authorization: Bearer${good}`]],
    ['another scheme', 401, (good) => [`Authorization: Token ${good}`]],
    ['quotes', 400, (good) => [`Authorization: Bearer "${good}"`]],
    ['a parameter', 400, (good) => [`Authorization: Bearer token=${good}`]],
    ['a folded line', 400, (good) => ['Authorization: Bearer', ` ${good}`]],
    ['a space before the colon', 400, (good) => [`Authorization : Bearer ${good}`]],
    ['a header of another name', 401, (good) => [`X-Authorization: Bearer ${good}`]],
    ['Proxy-Authorization', 401, (good) => [`Proxy-Authorization: Bearer ${good}`]],
  ])('answers %s with %i', async (_, status, lines) => {
    expect(await statusOf(['GET /api/secure HTTP/1.1', ...lines(token)])).toBe(status)
  })
})
