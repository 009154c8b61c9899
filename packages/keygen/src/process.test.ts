import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKeyPair } from './keys.ts'

/** The published program: bin, and dist as the compiler left it. */
const BIN = fileURLToPath(new URL('../bin/kit-keygen.js', import.meta.url))
const DIST = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

let directory = ''
beforeAll(() => {
  if (!existsSync(DIST)) throw new Error('packages/keygen/dist is not built: run npm run build first')
  directory = mkdtempSync(join(tmpdir(), 'keygen-'))
})
afterAll(() => {
  if (directory !== '') rmSync(directory, { recursive: true })
})

function keygen(args: readonly string[], input = ''): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [BIN, ...args], { cwd: directory, encoding: 'utf8', input })
}

/** In bash, where `kit-keygen` is the program. */
function bash(script: string): SpawnSyncReturns<string> {
  const program = `kit-keygen() { "${process.execPath}" "${BIN}" "$@"; }`
  return spawnSync('bash', ['-c', `${program}\n${script}`], { cwd: directory, encoding: 'utf8' })
}

const lines = (text: string): number => text.split('\n').length - 1

describe('kit-keygen as a process', () => {
  it('prints JSON and nothing else on standard output', async () => {
    const { status, stdout, stderr } = keygen(['--kid=demo'])
    expect(status).toBe(0)
    const pair = await readKeyPair(stdout)
    expect(pair.publicJwk.kid).toBe('demo')
    expect(Math.abs(pair.privateJwk.nbf - Date.now() / 1000)).toBeLessThan(60)
    expect(stderr).toContain('thumbprint, to pin: ')
    expect(stderr).not.toContain(pair.privateJwk.d)
    expect(stderr).not.toContain('Warning')
  })

  it('hands one line to the next program of a pipe', async () => {
    const { status, stdout } = bash(
      'set -o pipefail; kit-keygen --kid=demo --private --activate-in=10m | cat',
    )
    expect(status).toBe(0)
    expect(lines(stdout)).toBe(1)
    expect((await readKeyPair(stdout)).privateJwk.kid).toBe('demo')
  })

  it.each([
    ['--private', '644', true],
    ['--private', '640', true],
    ['--private', '602', true],
    ['--private', '600', false],
    ['', '644', true],
    ['--dotenv', '644', true],
    ['secret', '644', true],
    ['secret --json', '644', true],
  ])(
    'says whether the secret of %j goes to a file of mode %s that others can open: %s',
    (args, mode, isOpen) => {
      const { status, stderr } = bash(
        `rm -f out; touch out; chmod ${mode} out; kit-keygen ${args} > out; code=$?; test -s out || exit 9; exit $code`,
      )
      expect([status, stderr.includes('Warning: others can open the file')]).toEqual([0, isOpen])
    },
  )

  it.each(['--public > out', '--private | cat', '--private >&-; true', '--private > /dev/null'])(
    'does not warn for %s',
    (line) => {
      expect(bash(`umask 022; rm -f out; kit-keygen ${line}`).stderr).not.toContain('Warning')
    },
  )

  it('fails the pipe, and sends nothing down it, when the line makes no sense', () => {
    const { status, stdout, stderr } = bash('set -o pipefail; kit-keygen --activate-in=1m --private | cat')
    expect([status, stdout, lines(stderr)]).toEqual([2, '', 1])
  })

  it('fails when its reader has gone, with one line and no stack', async () => {
    const child = spawn(process.execPath, [BIN, '--private'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    expect(await once(child, 'close')).toEqual([1, null])
    expect(stderr).toBe(
      'kit-keygen: the program that reads the output ended first and does not have it: run both again\n',
    )
  })

  it('works when nobody reads its messages', async () => {
    const child = spawn(process.execPath, [BIN, '--private'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr.destroy()
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    expect(await once(child, 'close')).toEqual([0, null])
    expect((await readKeyPair(stdout)).privateJwk.d).toHaveLength(43)
  })

  it('writes --out with mode 0600 under any umask, and overwrites with --force only', () => {
    const made = bash('umask 000; kit-keygen --kid=one --out=key.json')
    expect([made.status, made.stdout]).toEqual([0, ''])
    const file = join(directory, 'key.json')
    const first = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)

    const rejected = keygen(['--out=key.json'])
    expect([rejected.status, rejected.stdout, lines(rejected.stderr)]).toEqual([1, '', 1])
    expect(readFileSync(file, 'utf8')).toBe(first)

    expect(bash('umask 777; kit-keygen --kid=two --out key.json --force').status).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ privateJwk: { kid: 'two' } })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('checks a file, derives its public half and prints the thumbprint', () => {
    expect(keygen(['--kid=three', '--out=three.json']).status).toBe(0)
    expect(keygen(['check', 'three.json']).stdout).toMatch(/^The halves belong together\.\nkid: three\n/)
    const { stdout } = keygen(['public', 'three.json'])
    expect(JSON.parse(stdout)).toMatchObject({ kid: 'three', use: 'sig' })
    expect(stdout).not.toContain('"d"')
    expect(keygen(['thumbprint', '-'], stdout).stdout).toBe(keygen(['thumbprint', 'three.json']).stdout)
  })

  it('exits 1 with one line for a pair that does not match, and quotes no key', () => {
    const d = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A'
    const x = 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw'
    writeFileSync(join(directory, 'bad.json'), JSON.stringify({ kty: 'OKP', crv: 'Ed25519', kid: 'a', d, x }))
    const { status, stdout, stderr } = keygen(['check', 'bad.json'])
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      'kit-keygen: bad.json: d and x do not belong together: give a file that kit-keygen wrote, or make a new key: type kit-keygen --out=key.json\n',
    )
  })

  it('exits 1 for a file that is not there, 2 for a flag that is not there', () => {
    expect(keygen(['check', 'nothing.json'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'kit-keygen: nothing.json: it is not there: check the path\n',
    })
    expect(keygen(['--keyid=x'])).toMatchObject({ status: 2, stdout: '' })
  })
})
