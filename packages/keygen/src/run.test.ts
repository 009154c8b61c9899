import { describe, expect, it } from 'vitest'
import type { Terminal } from './commands.ts'
import { run } from './run.ts'
import { readKeyPair, thumbprintOf } from './keys.ts'

const NOW = 1_800_000_000
const SEED_TEXT = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A'

interface Outcome {
  readonly status: number
  readonly out: string
  readonly said: readonly string[]
}

async function type(argv: readonly string[], terminal: Partial<Terminal> = {}): Promise<Outcome> {
  let out = ''
  const said: string[] = []
  const status = await run(argv, {
    out: (text) => {
      out += text
      return Promise.resolve()
    },
    say: (line) => said.push(line),
    isTerminal: false,
    isOpenToOthers: false,
    input: streamOf(''),
    now: () => NOW + 0.75,
    ...terminal,
  })
  return { status, out, said }
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable, as standard input is one
async function* streamOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
}

describe('a key pair', () => {
  it('is pretty JSON of both halves on the output, and everything else is said', async () => {
    const { status, out, said } = await type([])
    expect(status).toBe(0)
    const { publicJwk, privateJwk } = await readKeyPair(out)
    expect(out).toBe(`${JSON.stringify({ publicJwk, privateJwk }, null, 2)}\n`)
    expect(Object.keys(publicJwk)).toEqual(['kty', 'crv', 'x', 'kid', 'alg', 'use'])
    expect(Object.keys(privateJwk)).toEqual(['kty', 'crv', 'x', 'kid', 'alg', 'use', 'd', 'nbf'])
    expect(publicJwk.kid).toBe(thumbprintOf(publicJwk.x))
    expect(privateJwk.nbf).toBe(NOW)
    expect(said.join('\n')).toContain(`thumbprint, to pin: ${thumbprintOf(publicJwk.x)}`)
    expect(said.join('\n')).not.toContain(privateJwk.d)
  })

  it.each([
    ['inline', ['--kid=demo', '--activate-in=10m', '--expires-in=90d']],
    ['apart', ['--kid', 'demo', '--activate-in', '10m', '--expires-in', '90d']],
  ])('takes its kid and its times, typed %s', async (_, argv) => {
    const { privateJwk } = await readKeyPair((await type(argv)).out)
    expect(privateJwk).toMatchObject({ kid: 'demo', nbf: NOW + 600, exp: NOW + 90 * 86_400 })
  })

  it('accepts any printable kid', async () => {
    const kid = ` !"'$\\~${'x'.repeat(249)}`
    expect((await readKeyPair((await type([`--kid=${kid}`])).out)).publicJwk.kid).toBe(kid)
  })

  it.each([['--activate-in=30s'], ['--activate-in=0s'], ['--expires-in=1h']])(
    'allows %s with --force only',
    async (flag) => {
      expect((await type([flag])).status).toBe(2)
      expect((await type([flag, '--force'])).status).toBe(0)
    },
  )

  it('says that a public half alone is of no use, and names the way to both', async () => {
    const { out, said } = await type(['--public'])
    expect(out).not.toContain('"d"')
    expect(said.at(-1)).toMatch(/private half was not kept.*kit-keygen public key\.json/)
  })
})

describe('a terminal that shows a secret', () => {
  it.each([[[]], [['--private']], [['--dotenv']], [['secret']], [['secret', '--json']]])(
    'gets a warning before %j',
    async (argv) => {
      const warned = (await type(argv, { isTerminal: true })).said[0]
      expect(warned).toMatch(/^Warning: this shows a secret on your terminal.*--out=FILE/)
      expect((await type(argv)).said.join()).not.toContain('Warning')
    },
  )

  it('says another thing where the output is a file that others can open', async () => {
    const { said } = await type(['--private'], { isOpenToOthers: true })
    expect(said[0]).toMatch(/^Warning: others can open the file.*chmod 600.*--out=FILE/)
    expect((await type(['--public'], { isOpenToOthers: true })).said.join()).not.toContain('Warning')
  })

  it.each(['--public', '--jwks'])('gets none for %s', async (flag) => {
    expect((await type([flag], { isTerminal: true })).said.join()).not.toContain('Warning')
  })
})

describe('secret', () => {
  it.each([
    [[], 64],
    [['--bytes=64'], 64],
    [['--bytes', '1024'], 1024],
  ])('with %j is base64url of %d bytes on one line', async (argv, bytes) => {
    const { out } = await type(['secret', ...argv])
    expect(out).toMatch(/^[\w-]+\n$/)
    expect(Buffer.from(out, 'base64url').length).toBe(bytes)
  })

  it('is never the same', async () => {
    expect((await type(['secret'])).out).not.toBe((await type(['secret'])).out)
  })
})

describe('check, public and thumbprint', () => {
  it('tell what a key on standard input is', async () => {
    const { out: made } = await type(['--kid=demo', '--activate-in=10m', '--expires-in=90d'])
    const { publicJwk } = await readKeyPair(made)
    const checked = await type(['check', '-'], { input: streamOf(made.slice(0, 7), made.slice(7)) })
    expect(checked.out.split('\n')).toEqual([
      'The halves belong together.',
      'kid: demo',
      `thumbprint: ${thumbprintOf(publicJwk.x)}`,
      'may sign: from 2027-01-15T08:10:00Z (not yet)',
      'withdrawn: 2027-04-15T08:00:00Z',
      '',
    ])
    const derived = await type(['public', '-'], { input: streamOf(made) })
    expect(JSON.parse(derived.out)).toEqual(publicJwk)
    const { out } = await type(['thumbprint', '-'], { input: streamOf(derived.out) })
    expect(out).toBe(`${thumbprintOf(publicJwk.x)}\n`)
  })

  it('read what --dotenv writes', async () => {
    const { out: made } = await type(['--kid=demo', '--dotenv'])
    const { out } = await type(['check', '-'], {
      input: streamOf(`\uFEFF# mine\r\n${made.replaceAll('\n', '\r\n')}`),
    })
    expect(out).toMatch(/^JWT_PRIVATE_JWK\nThe halves belong together\.\nkid: demo\n/)
    const thumbprints = await type(['thumbprint', '-'], { input: streamOf(made) })
    expect(thumbprints.out).toMatch(/^[\w-]{43}\n$/)
    expect(out).toContain(thumbprints.out)
    const derived = await type(['public', '-'], { input: streamOf(made) })
    expect(thumbprintOf((JSON.parse(derived.out) as { x: string }).x)).toBe(thumbprints.out.trim())
  })

  it('read each private key of a .dev.vars, and name its variable', async () => {
    const [a, b] = [await type(['--kid=a', '--private']), await type(['--kid=b'])]
    const file = `SESSION_SECRET='x'\nGATEWAY_PRIVATE_A='${a.out.trim()}'\nGATEWAY_PRIVATE_B='${b.out}'\n`
    const { out } = await type(['check', '-'], { input: streamOf(file) })
    expect(out.match(/^(GATEWAY_PRIVATE_.|kid: .)$/gm)).toEqual([
      'GATEWAY_PRIVATE_A',
      'kid: a',
      'GATEWAY_PRIVATE_B',
      'kid: b',
    ])
    const { said } = await type(['public', '-'], { input: streamOf(file) })
    expect(said[0]).toContain('it holds several private keys')
  })

  it.each([
    [
      'a public half that is another key',
      'JWT_PUBLIC_JWK',
      /JWT_PUBLIC_JWK: it is another key than JWT_PRIVATE_JWK/,
    ],
    ['no private key', 'OTHER', /no variable of it holds a private key/],
  ])('reject a .dev.vars with %s', async (_, name, reason) => {
    const own = (await type(['--kid=a', '--dotenv'])).out.split('\n')
    const other = (await type(['--kid=a', '--public'])).out.trim()
    const lines = name === 'OTHER' ? own.slice(0, 1) : [`${name}='${other}'`, own[1]]
    const { status, said } = await type(['check', '-'], { input: streamOf(lines.join('\n')) })
    expect([status, said.length]).toEqual([1, 1])
    expect(said[0]).toMatch(reason)
  })

  it('name the variable whose key is damaged, and quote nothing of it', async () => {
    const own = (await type(['--kid=a', '--private'])).out.trim()
    const { d } = JSON.parse(own) as { d: string }
    const damaged = own.replace(d, SEED_TEXT)
    const { status, said } = await type(['check', '-'], { input: streamOf(`GATEWAY_PRIVATE_A='${damaged}'`) })
    expect(status).toBe(1)
    expect(said[0]).toMatch(/GATEWAY_PRIVATE_A: d and x do not belong together/)
    expect(said[0]).not.toContain(SEED_TEXT)
  })

  it.each<[string, readonly (string | Uint8Array)[], RegExp]>([
    ['nothing', [], /not JSON/],
    ['text in another encoding', [Uint8Array.of(0xff, 0xfe, 0x7b, 0)], /not text in UTF-8/],
    ['more than 64 KiB', [' '.repeat(40_000), ' '.repeat(40_000)], /too large/],
  ])('reject %s', async (_, chunks, reason) => {
    const { status, out, said } = await type(['check', '-'], { input: streamOf(...chunks) })
    expect([status, out, said.length]).toEqual([1, '', 1])
    expect(said[0]).toMatch(reason)
    expect(said[0]).toMatch(/^kit-keygen: standard input: /)
  })

  it.each<[command: string, text: string]>([
    ['check', 'no key'],
    ['check', '[]'],
    ['check', '{}'],
    ['check', `{"kty":"OKP","crv":"Ed25519","x":"${SEED_TEXT}"}`],
    ['check', `{"kty":"OKP","crv":"Ed25519","d":"${SEED_TEXT}","x":"${SEED_TEXT}","kid":"a"}`],
    ['check', `{"kty":"RSA","d":"${SEED_TEXT}"}`],
    ['public', '{"kty":"OKP","crv":"Ed25519","x":"short","d":"short"}'],
    ['thumbprint', '{"keys":[]}'],
    ['thumbprint', '{"kty":"oct"}'],
  ])('say what to type when %s gets %s', async (command, text) => {
    const { status, said } = await type([command, '-'], { input: streamOf(text) })
    expect([status, said.length]).toEqual([1, 1])
    expect(said[0]).toMatch(
      /: give a file that kit-keygen wrote, or make a new key: type kit-keygen --out=key\.json$/,
    )
    expect(said[0]).not.toContain(SEED_TEXT)
  })

  it.each([
    [['check', '/nowhere/key.json'], /is not there: check the path$/],
    [['check', '/'], /is a directory: name a file$/],
    [['--out=/nowhere/key.json'], /the directory of .* is not there: check the path$/],
  ])('say what to do about a file: %j', async (argv, remedy) => {
    const { status, said } = await type(argv)
    expect([status, said.length]).toEqual([1, 1])
    expect(said[0]).toMatch(remedy)
  })
})

describe('a line that makes no sense', () => {
  it.each<[readonly string[], RegExp]>([
    [['--foo'], /no option --foo: type one of --kid=ID, .*--force, --help$/],
    [['-x'], /no option -x/],
    [['secret', '--private'], /kit-keygen secret has no option --private: type one of --bytes=64/],
    [['check', 'f', '--force'], /no option --force: type kit-keygen check FILE$/],
    [['--kid'], /--kid needs a value: type --kid=ID$/],
    [['--kid', '--private'], /--kid needs a value: type --kid=ID$/],
    [['--kid='], /a kid is 1 to 256 printable ASCII characters: type --kid=/],
    [[`--kid=${'x'.repeat(257)}`], /a kid is 1 to 256/],
    [['--kid=é'], /a kid is 1 to 256/],
    [['--kid=a', '--kid=b'], /type --kid once$/],
    [['--private=yes'], /--private accepts no value: type --private$/],
    [['--private', '--public'], /type one of --private and --public/],
    [['secret', '--json', '--dotenv'], /type one of --json and --dotenv/],
    [['--activate-in=soon'], /type --activate-in=10m$/],
    [['--activate-in=599s'], /type --activate-in=10m, or add --force$/],
    [['--expires-in=1h'], /type a longer --expires-in, or add --force$/],
    [['--activate-in=1d', '--expires-in=1d', '--force'], /end before it starts: type a longer --expires-in$/],
    [['secret', '--bytes=63'], /64 to 1024 bytes: type --bytes=64$/],
    [['secret', '--bytes=1025'], /64 to 1024 bytes/],
    [['secret', '--bytes=6e1'], /64 to 1024 bytes/],
    [['--out='], /type --out=FILE, or leave it out/],
    [['--out=-'], /type --out=FILE, or leave it out/],
    [['generate'], /there is no command generate: type kit-keygen, kit-keygen secret/],
    [['help'], /there is no command help: type .*, --help$/],
    [['constructor'], /there is no command constructor/],
    [['--constructor'], /no option --constructor/],
    [['check'], /type kit-keygen check FILE$/],
    [['check', 'a', 'b'], /type kit-keygen check FILE$/],
    [['secret', 'a'], /accepts no file: type kit-keygen secret --out=FILE/],
    [['--private', 'a'], /accepts no file: type kit-keygen --out=FILE/],
  ])('%j exits 2 with one line that says what to type', async (argv, reason) => {
    const { status, out, said } = await type(argv)
    expect([status, out, said.length]).toEqual([2, '', 1])
    expect(said[0]).toMatch(reason)
    expect(said[0]).not.toContain('\n')
  })

  it.each<[readonly string[]]>([
    [['check', SEED_TEXT]],
    [[`{"d":"${SEED_TEXT}"}`]],
    [[SEED_TEXT]],
    [[`--${SEED_TEXT}`]],
    [[`--kid=${SEED_TEXT}\n`]],
    [['secret', `--bytes=${SEED_TEXT}`]],
    [[`--activate-in=${SEED_TEXT}`]],
    [[`--private=${SEED_TEXT}`]],
    [[`--out=${SEED_TEXT}/nowhere`]],
  ])('never repeats a word that may be a key: %#', async (argv) => {
    const { status, said } = await type(argv)
    expect(status).toBeGreaterThan(0)
    expect(said.join()).not.toContain(SEED_TEXT.slice(0, 20))
  })
})

describe('help and version', () => {
  it.each([[['--help']], [['secret', '--help']], [['check', '--help']]])(
    '%j prints the help',
    async (argv) => {
      const { status, out } = await type(argv)
      expect(status).toBe(0)
      expect(out).toContain('set -o pipefail')
      expect(out.split('\n').every((line) => line.length <= 80)).toBe(true)
    },
  )

  it('prints the version alone', async () => {
    expect((await type(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('a failure that is not the typist’s', () => {
  it.each([
    ['EPIPE', /reads the output ended first/],
    ['ENOSPC', /output cannot be written \(ENOSPC\): type --out=FILE/],
  ])('of the output (%s) is one line and exit 1', async (code, reason) => {
    const out = (): Promise<void> => Promise.reject(Object.assign(new Error('write failed'), { code }))
    const { status, said } = await type(['--private'], { out })
    expect([status, said.length]).toEqual([1, 1])
    expect(said[0]).toMatch(reason)
  })

  it('of another kind is told by name, never by its text', async () => {
    const now = (): number => {
      throw new RangeError(`clock ${SEED_TEXT}`)
    }
    const { status, out, said } = await type([], { now })
    expect([status, out]).toEqual([1, ''])
    expect(said).toEqual([
      'kit-keygen: unexpected failure (RangeError): try again, and report it with what kit-keygen --version says',
    ])
  })
})
