/** The secrets of the development system are in files of its owner: not in a list of arguments, not for others to read. */
import { execFile } from 'node:child_process'
import { chmodSync, globSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  addressesOf,
  controlSecret,
  freePorts,
  makeSecrets,
  type Ports,
  Program,
  readSecrets,
} from 'sealgate/internal'
import { ROOT } from '../support/project.ts'

const run = promisify(execFile)
const STATE = join(ROOT, '.dev')
const SECRETS_FILE = join(ROOT, 'workers/gateway/.dev.vars')

let ports: Ports
let program: Program
/** What the system printed, once it runs. */
let banner: string

beforeAll(async () => {
  makeSecrets()
  ports = await freePorts()
  // As an earlier version left them.
  chmodSync(SECRETS_FILE, 0o644)
  mkdirSync(stateOf(ports), { recursive: true })
  chmodSync(stateOf(ports), 0o755)
  writeFileSync(join(stateOf(ports), 'old'), '')
  chmodSync(join(stateOf(ports), 'old'), 0o644)

  const lines: string[] = []
  const { promise: isReady, resolve: ready } = Promise.withResolvers<undefined>()
  program = new Program({
    name: 'sealgate dev',
    command: 'sh',
    args: [
      ...[
        '-c',
        'umask 022; exec "$@"',
        'sh',
        process.execPath,
        join(ROOT, 'packages/cli/bin/sealgate.js'),
        'dev',
      ],
      ...['--gateway-port', String(ports.gateway), '--auth0-port', String(ports.auth0)],
      ...['--consumer-port', String(ports.consumer)],
    ],
    env: {},
    onLine: (line) => {
      lines.push(line)
      if (line.startsWith('curl -X POST')) ready(undefined)
    },
  })
  const failure = await Promise.race([program.failed, isReady])
  if (failure) throw failure
  banner = lines.join('\n')
}, 90_000)

afterAll(async () => {
  await program.stop()
  const { gateway, consumer } = ports
  for (const name of [`state-${gateway}`, `state-${consumer}`, `registry-${gateway}`, `control-${gateway}`]) {
    rmSync(join(STATE, name), { recursive: true, force: true })
  }
})

it('no secret is in an argument list of what runs', async () => {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,ppid=,args='])
  const processes = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? []
    return pid === undefined || parent === undefined || args === undefined ? [] : [{ pid, parent, args }]
  })
  const below = (parent: string): readonly { readonly pid: string; readonly args: string }[] =>
    processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)])
  const system = processes.find(({ args }) => args.includes(`dev --gateway-port ${ports.gateway} `))
  const lists = [system?.args ?? '', ...below(system?.pid ?? '').map(({ args }) => args)]
  for (const name of ['wrangler', 'mock-idp', 'workerd serve', `DEV_CONTROL:http://127.0.0.1:`]) {
    expect(lists.some((args) => args.includes(name))).toBe(true)
  }
  const secrets = secretTexts()
  expect(secrets).toContain(controlSecret())
  expect(lists.filter((args) => secrets.some((secret) => args.includes(secret)))).toEqual([])
  expect(secrets.filter((secret) => banner.includes(secret))).toEqual([])
})

it('nothing that it keeps is readable by others, also what was', () => {
  const kept = [
    STATE,
    SECRETS_FILE,
    ...globSync(join(STATE, `{state,registry,control}-{${ports.gateway},${ports.consumer}}{,/**}`)),
  ]
  expect(kept).toContain(join(stateOf(ports), 'old'))
  expect(kept.some((path) => path.endsWith('.sqlite'))).toBe(true)
  expect(kept.filter((path) => (lstatSync(path).mode & 0o077) !== 0)).toEqual([])
})

it('the gateway knows the secret all the same, and a person’s shell sends it from its file', async () => {
  const { gateway } = addressesOf(ports)
  const rotated = await fetch(`${gateway}/dev/rotate`, { method: 'POST', headers: { Origin: gateway } })
  // 409: another test has just rotated.
  expect([200, 409]).toContain(rotated.status)
  const [stop = ''] = /^curl -X POST .*/m.exec(banner) ?? []
  expect(readFileSync(/@(\S+)/.exec(stop)?.[1] ?? '', 'utf8')).toBe(
    `Authorization: Bearer ${controlSecret()}\n`,
  )
  const { stdout } = await run('bash', ['-c', stop])
  expect(JSON.parse(stdout)).toEqual({ program: 'gateway', order: 'stop' })
})

function stateOf({ gateway }: Ports): string {
  return join(STATE, `state-${gateway}`)
}

/** The values of the secrets, and the private half of each key on its own. The id of a client is none. */
function secretTexts(): readonly string[] {
  return [...readSecrets()]
    .filter(([name]) => name !== 'AUTH0_CLIENT_ID')
    .flatMap(([, value]) =>
      value.startsWith('{') ? [value, (JSON.parse(value) as { readonly d: string }).d] : [value],
    )
}
