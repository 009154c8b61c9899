/** `sealgate dev` of a project that shares no name with this repository: what it prints, keeps, and leaves behind. */
import { execFile } from 'node:child_process'
import { chmodSync, globSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findProject, keygen, readDevSlots, readSecrets } from 'sealgate/internal'
import { CALLBACK, DevProgram, SEALGATE } from '../support/dev-program.ts'
import { pathsIn } from '../support/paths-in.ts'
import { serviceSaying, SmallProject } from '../support/small-project.ts'

const run = promisify(execFile)
/** The last line of what it prints once it runs. */
const READY = '/stop/'
/** What is kept for the next start. */
const KEPT =
  /^\.sealgate\/(\.gitignore|operator-dev\.jwk|dev-\d+(\/state.*)?)?$|^\.sealgate$|(^|\/)\.dev\.vars$/

describe('with EdDSA', () => {
  const project = new SmallProject('EdDSA')
  const secretsFile = join(project.folder, 'edge/.dev.vars')
  let before: readonly string[]
  let program: DevProgram
  let state: string

  beforeAll(async () => {
    before = pathsIn(project.folder)
    program = await DevProgram.start(project.folder, 'invoices')
    state = join(project.folder, `.sealgate/dev-${program.gatewayPort}`)
    // As an earlier version left them.
    mkdirSync(join(state, 'state'), { recursive: true })
    chmodSync(join(state, 'state'), 0o755)
    writeFileSync(join(state, 'state/old'), '')
    chmodSync(join(state, 'state/old'), 0o644)
    await program.until(READY)
  })
  afterAll(async () => {
    await program.remove()
    project.remove()
  })

  const shell = async (script: string): Promise<string> => (await run('bash', ['-euc', script])).stdout
  const curls = (): readonly string[] => program.lines.filter((line) => /^(AUTH0=|TOKEN=|curl )/.test(line))

  it('fits together, and prints a link, the users, and lines that do what they say', async () => {
    expect(program.text).not.toContain('does not fit together')
    expect(program.text).toContain(
      `http://127.0.0.1:${program.gatewayPort}/auth/login?returnTo=/auth/profile`,
    )
    expect(program.text).toMatch(/olivia@example\.test +clerk +read:invoices/)
    const lines = curls().slice(0, 4)
    const said = await shell(`${lines.join('\necho\n')}\necho "TOKEN=$TOKEN"`)
    expect(said.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    expect(said.match(/"sub":"auth0\|olivia","permissions":\["read:invoices"\]/g)).toHaveLength(2)
    const password = await shell(curls()[4] ?? '')
    expect(JSON.parse(password)).toMatchObject({
      token_type: 'Bearer',
      scope: expect.stringContaining('read:invoices') as string,
    })
  })

  it('lets apps beside it log in, where it was told so', async () => {
    const authorize = async (redirectUri: string): Promise<number> => {
      const url = new URL(`http://127.0.0.1:${program.ports[1]}/authorize`)
      const parameters = { response_type: 'code', client_id: 'acme-app', scope: 'openid', state: 's' }
      url.search = new URLSearchParams({ ...parameters, redirect_uri: redirectUri }).toString()
      return (await fetch(url, { redirect: 'manual' })).status
    }
    expect(await authorize(CALLBACK)).toBe(303)
    expect(await authorize(`${CALLBACK}/other`)).toBe(400)
  })

  it('shows no secret, and has none in a list of arguments', () => {
    const lists = program.processes().map(({ args }) => args)
    for (const name of ['sealgate.js dev', 'dev-worker', 'workerd serve']) {
      expect(lists.some((args) => args.includes(name))).toBe(true)
    }
    const secrets = secretsOf(secretsFile)
    // Both keys with their private halves, the application's secret, that of cookies, and the control server's.
    expect(secrets).toHaveLength(7)
    expect(lists.filter((args) => secrets.some((secret) => args.includes(secret)))).toEqual([])
    expect(secrets.filter((secret) => program.text.includes(secret))).toEqual([])
  })

  it('keeps nothing that others can read, also what was', () => {
    const kept = [join(project.folder, '.sealgate'), secretsFile, ...globSync(`${state}{,/**}`)]
    expect(kept).toContain(join(state, 'state/old'))
    expect(kept.some((path) => path.endsWith('.sqlite'))).toBe(true)
    expect(kept.filter((path) => (lstatSync(path).mode & 0o077) !== 0)).toEqual([])
  })

  it('takes over code of a service that changes', async () => {
    const [login = '', , , through = ''] = curls()
    project.write('services/invoices/index.ts', serviceSaying('two'))
    await vi.waitFor(async () => expect(await shell(`${login}\n${through}`)).toContain('"word":"two"'), {
      interval: 500,
    })
  })

  it('lets sealgate slots say which slot to overwrite, and secret-put overwrite it', async () => {
    const found = findProject(project.folder)
    const [, spare] = await readDevSlots(found)
    expect(spare?.name).toContain('EDGE_KEY_2')
    const key = keygen('--kid=by-hand', '--activate-in=1s', '--force', '--private')
    await shell(
      `${process.execPath} ${SEALGATE} secret-put EDGE_KEY_2 --project ${project.folder} <<< '${key}'`,
    )
    await vi.waitFor(
      async () => expect((await readDevSlots(found)).map(({ kid }) => kid)).toContain('by-hand'),
      { interval: 300 },
    )
  })

  it('gives a shell the secret of its control server by a file', async () => {
    const stop = program.lines.find((line) => line.startsWith('curl -X POST')) ?? ''
    const secret = readSecrets(secretsFile).get('DEV_CONTROL_SECRET') ?? ''
    expect(readFileSync(/@(\S+)/.exec(stop)?.[1] ?? '', 'utf8')).toBe(`Authorization: Bearer ${secret}\n`)
    expect(JSON.parse(await shell(stop))).toEqual({ program: 'edge', order: 'stop' })
  })

  it('leaves nothing at Ctrl-C but its secrets and state: no process, no port, no file', async () => {
    const started = program.processes()
    expect(started.length).toBeGreaterThan(4)
    program.signal('SIGINT')
    expect(await program.end()).toBe(0)
    expect(await program.leftovers(started)).toEqual([])
    expect(pathsIn(project.folder).filter((path) => !before.includes(path) && !KEPT.test(path))).toEqual([])
  })
})

/** The values of the secrets, and the private half of each key on its own. */
function secretsOf(file: string): readonly string[] {
  return [...readSecrets(file).values()].flatMap((value) =>
    value.startsWith('{') ? [value, (JSON.parse(value) as { readonly d: string }).d] : [value],
  )
}
