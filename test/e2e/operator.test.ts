/** The operator channel end to end: the command line, the gateway and a service on workerd, joined by service bindings. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoUsers, ensureOperatorKey, OperatorClient, type OperatorKey } from 'sealgate/internal'
import { Browser, SESSION, startWithLogins } from '../support/browser.ts'
import { ROOT } from '../support/root.ts'
import { bearer, startSystem, type System } from '../support/system.ts'

const SEALGATE = join(ROOT, 'packages/cli/bin/sealgate.js')
const { alice, bob } = demoUsers

let root: string
let key: OperatorKey
let system: System

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'operator-'))
  key = ensureOperatorKey(root, 'dev', {})
  system = await startWithLogins({ OPERATOR_KEYS: JSON.stringify([key.publicJwk]) })
})
afterAll(async () => {
  await system.close()
  rmSync(root, { recursive: true })
})

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command of this repository's own project, as somebody types it. */
function sealgate(args: readonly string[], stdin = ''): Promise<Ran> {
  const env = { ...process.env, SEALGATE_OPERATOR_KEY: JSON.stringify(key.privateJwk) }
  const full = [SEALGATE, '--project', ROOT, ...args]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, full, { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
    child.stdin?.end(stdin)
  })
}

const at = (): readonly string[] => ['dev', '--url', system.url.origin]

const clientOf = (of: System): OperatorClient => {
  const deployment = { environment: 'dev', url: of.url.origin, issuer: 'https://gateway.internal' }
  return new OperatorClient({ deployment, key, say: () => undefined })
}

describe('an operator', () => {
  it('sees by a probe that the service takes the gateway’s tokens, and rejects forged ones', async () => {
    expect(await clientOf(system).probe()).toEqual([
      {
        service: 'CONSUMER',
        audience: 'reports',
        verdict: 'ok',
        genuine: { status: 200 },
        forged: { status: 401, reason: 'invalid_token' },
        holds: {
          issuer: 'https://gateway.internal',
          audience: ['reports'],
          kids: ['slot-a', 'slot-b'],
          jwksAgeSeconds: expect.any(Number) as number,
        },
      },
    ])
  })

  it('asks whose a token is, and gets every rule; the token is in no argument and no output', async () => {
    const token = await system.tokenOf(alice)
    const { code, stdout, stderr } = await sealgate(['whois', ...at()], `Bearer ${token}\n`)
    expect([code, stderr]).toEqual([0, ''])
    for (const line of [
      /^Unverified: /,
      /^ {2}sub +auth0\|alice$/m,
      /^dev takes it\.$/m,
      /^ {2}signature +✓$/m,
      /^ {2}revocation +✓$/m,
      /^ {2}slot +GATEWAY_PRIVATE_B .*, signing$/m,
    ]) {
      expect(stdout).toMatch(line)
    }
    expect(stdout).not.toContain(token.split('.')[2])
  })

  it('sees of a token of Auth0 what the exchange would grant', async () => {
    const token = await system.login(alice)
    const { stdout } = await sealgate(['whois', '--json', ...at()], token)
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'dev',
      unverified: { payload: { sub: alice.sub } },
      deployment: {
        issued: 'auth0',
        ok: true,
        exchange: [
          { audience: 'reports', ok: true, permissions: ['read:reports', 'export:reports'] },
          { audience: 'payments', ok: true, permissions: [] },
        ],
      },
    })
  })

  it('revokes a user: the session ends, and their tokens with it', async () => {
    const token = await system.tokenOf(bob)
    const browser = new Browser(system)
    await browser.logIn(bob)
    expect((await browser.get('/auth/profile')).status).toBe(200)

    const tried = await sealgate(['revoke', ...at(), '--sub', bob.sub, '--dry-run'])
    expect(tried).toEqual({
      code: 0,
      stdout: `the subject ${bob.sub} would be revoked at dev.\n`,
      stderr: '',
    })
    expect((await browser.get('/auth/profile')).status).toBe(200)

    const { code, stdout } = await sealgate(['revoke', ...at(), '--sub', bob.sub, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ environment: 'dev', revoked: true, kind: 'sub', value: bob.sub })
    expect((await browser.get('/api/secure')).status).toBe(401)
    const report = await clientOf(system).whois(token)
    expect(report).toMatchObject({ ok: false, reason: 'revoked', detail: 'its sub is on the deny-list' })
  })

  it('ends one session by its cookie, and leaves the user’s other one', async () => {
    const [one, other] = [new Browser(system), new Browser(system)]
    await one.logIn(alice)
    await other.logIn(alice)
    const cookie = `${SESSION}=${one.cookie(SESSION)}; Path=/`
    const { code, stdout } = await sealgate(['revoke', ...at(), '--session'], cookie)
    expect([code, stdout]).toEqual([0, 'the session is revoked at dev.\n'])
    expect((await one.get('/auth/profile')).status).toBe(401)
    expect((await other.get('/auth/profile')).status).toBe(200)
  })
})

describe('a mistake', () => {
  it.each<[string, string[], RegExp]>([
    ['a token as an argument', ['whois', 'eyJh.eyJz.AAAA'], /A token is a secret.*stdin/],
    ['nothing on stdin', ['whois'], /There is no token on stdin/],
    ['no environment', ['revoke', '--sub', 'a'], /Say which environment: --env/],
    ['two things at once', ['revoke', 'dev', '--sub', 'a', '--jti', 'b'], /Say one of --sub, --jti/],
    ['nothing to revoke', ['revoke', 'dev'], /Say one of --sub, --jti/],
    ['plain http', ['revoke', 'dev', '--jti', 'a', '--url', 'http://app.example.com'], /is not an https URL/],
  ])('of %s ends with exit code 2, and says what to do', async (_, args, words) => {
    const { code, stdout, stderr } = await sealgate(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(words)
    expect(stderr).not.toMatch(/eyJ[\w-]+\./)
  })

  it('of the wrong key ends with exit code 1, and names the key and the line in the log', async () => {
    const mine = key
    key = ensureOperatorKey(root, 'other', {})
    const { code, stderr } = await sealgate(['revoke', ...at(), '--jti', 'a'])
    const { kid } = key
    key = mine
    expect(code).toBe(1)
    expect(stderr).toContain(`the gateway rejects the key ${kid}`)
    expect(stderr).toMatch(/request [0-9a-f-]{36} in the gateway's log/)
  })
})

describe('a service that was given another audience', () => {
  let other: System
  beforeAll(async () => {
    other = await startSystem({
      gatewaySecrets: { OPERATOR_KEYS: JSON.stringify([key.publicJwk]) },
      consumerVars: { JWT_AUD: 'report' },
    })
  })
  afterAll(() => other.close())

  it('is named by the probe, as the route rejects everybody', async () => {
    expect((await other.gateway('/api/secure', bearer(await other.login(alice)))).status).toBe(401)
    expect(await clientOf(other).probe()).toMatchObject([
      { service: 'CONSUMER', audience: 'reports', verdict: 'rejects', genuine: { status: 401 } },
    ])
  })
})
