/**
 * Where a runtime brings something of its own, the kit takes it (packages/kit/runtime). What is taken must decide as what it
 * replaces, to the byte; and each runtime must get what is meant for it.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as table from '../../packages/kit/runtime/base64url.js'
import * as nodeBase64 from '../../packages/kit/runtime/base64url.node.js'
import * as webCrypto from '../../packages/kit/runtime/signature.js'
import * as nodeCrypto from '../../packages/kit/runtime/signature.node.js'
import manifest from '../../packages/kit/package.json' with { type: 'json' }

type Targets = Readonly<Record<string, string>>

/** As runtimes and bundlers do: the first key that is among their conditions. */
function resolved(targets: Targets, conditions: readonly string[]): string {
  const found = Object.keys(targets).find((key) => key === 'default' || conditions.includes(key))
  return targets[found ?? ''] ?? ''
}

describe('the conditions of the package', () => {
  const imports: Readonly<Record<string, Targets>> = manifest.imports
  // Bun and Deno set `node`, too.
  it.each([
    [
      'wrangler',
      ['workerd', 'worker', 'browser', 'import'],
      'workerd.js',
      'base64url.workerd.js',
      'signature.js',
    ],
    ['Node', ['node', 'import', 'module-sync'], 'default.js', 'base64url.node.js', 'signature.node.js'],
    ['Bun', ['bun', 'node', 'import'], 'default.js', 'base64url.js', 'signature.js'],
    ['Deno', ['deno', 'node', 'import'], 'default.js', 'base64url.js', 'signature.js'],
    ['a browser', ['browser', 'import'], 'default.js', 'base64url.js', 'signature.js'],
  ])('give %s what is meant for it', (_, conditions, ...files) => {
    const names = ['#runtime', '#base64url', '#signature']
    expect(names.map((name) => resolved(imports[name] ?? {}, conditions))).toEqual(
      files.map((file) => `./runtime/${file}`),
    )
    // The same everywhere: it looks at run time.
    expect(Object.keys(imports)).toEqual(['#async-context', ...names])
  })

  it('put types first and the default last', () => {
    for (const targets of Object.values(imports)) {
      const keys = Object.keys(targets)
      expect([keys[0], keys.at(-1)]).toEqual(['types', 'default'])
    }
  })
})

describe('base64url of Node', () => {
  /** Bytes, or `null`. */
  const decoded = (decode: typeof table.decodeByTable, text: string): Uint8Array | null => {
    const out = new Uint8Array((text.length * 3) >> 2)
    const length = decode(text, out)
    return length < 0 ? null : out.slice(0, length)
  }
  const same = (text: string): void => {
    expect(decoded(nodeBase64.decodeBase64UrlInto, text), JSON.stringify(text)).toEqual(
      decoded(table.decodeByTable, text),
    )
  }

  it('decodes as the table does, and rejects what it rejects', () => {
    const unit = fc.constantFrom(...Array.from('AQgwZz09-_+/= \n\t.é\u0141\u{1f600}'))
    fc.assert(fc.property(fc.string({ unit, maxLength: 24 }), same), { numRuns: 20_000 })
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', 'Q', 'g', 'w', '-', '_'), maxLength: 400 }), same),
    )
  })

  it('decodes a text with any character in any place of a group as the table does', () => {
    for (let code = 0; code < 0x300; code++) {
      const odd = String.fromCharCode(code)
      for (const text of ['AAAAAAAA', 'AAAAAA', 'AAAAAAA', 'A'.repeat(90)]) {
        for (let place = Math.max(0, text.length - 5); place < text.length; place++) {
          same(text.slice(0, place) + odd + text.slice(place + 1))
        }
        same(text + odd)
        same(odd + text)
      }
    }
  })

  it('writes into a part of a buffer without touching the rest', () => {
    const whole = new Uint8Array(8).fill(1)
    expect(nodeBase64.decodeBase64UrlInto('_____w', whole.subarray(2, 6))).toBe(4)
    expect(whole).toEqual(Uint8Array.of(1, 1, 255, 255, 255, 255, 1, 1))
  })

  it('encodes as the table does, parts of a buffer too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (bytes, from) => {
        const part = bytes.subarray(from)
        expect(nodeBase64.encodeBase64Url(part)).toBe(table.encodeByTable(part))
      }),
    )
  })
})

describe.each([
  ['Ed25519', { name: 'Ed25519' }],
  ['HMAC-SHA-512', { name: 'HMAC', hash: 'SHA-512' }],
] as const)('%s by node:crypto and by WebCrypto', (_, params) => {
  const isSecret = params.name === 'HMAC'

  /** Both backends with one pair of keys. */
  async function backends() {
    const seed = crypto.getRandomValues(new Uint8Array(isSecret ? 64 : 32))
    const { createPrivateKey, createPublicKey } = await import('node:crypto')
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    const point = isSecret
      ? seed
      : new Uint8Array(
          createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
            .export({ format: 'der', type: 'spki' })
            .subarray(-32),
        )
    return Promise.all(
      [nodeCrypto, webCrypto].map(async (backend) => ({
        sign: await backend.importSigner(params, seed),
        verify: await backend.importVerifier(params, point),
      })),
    )
  }

  it('sign alike, and each verifies what the other signs', async () => {
    const both = await backends()
    for (let length = 0; length < 200; length += 7) {
      const input = crypto.getRandomValues(new Uint8Array(length))
      const signatures = await Promise.all(both.map(async ({ sign }) => new Uint8Array(await sign(input))))
      expect(signatures[0]).toEqual(signatures[1])
      for (const { verify } of both) {
        for (const signature of signatures) expect(await verify(signature, input)).toBe(true)
      }
    }
  })

  it('reject alike: any bit changed, any length, another input', async () => {
    const both = await backends()
    const input = crypto.getRandomValues(new Uint8Array(100))
    const good = new Uint8Array((await both[0]?.sign(input)) ?? [])
    const bad: [signature: Uint8Array, input: Uint8Array][] = [
      [new Uint8Array(), input],
      [new Uint8Array(64), input],
      [new Uint8Array([...good, 0]), input],
      [good.slice(0, 63), input],
      [good.slice(0, 32), input],
      [good, input.slice(1)],
      [good, new Uint8Array()],
    ]
    for (let bit = 0; bit < 512; bit++) {
      bad.push([good.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)), input])
    }
    for (const [signature, signed] of bad) {
      for (const { verify } of both) expect(await verify(signature, signed)).toBe(false)
    }
  })

  it('reject bytes of the wrong length as a key', async () => {
    if (isSecret) return
    for (const backend of [nodeCrypto, webCrypto]) {
      await expect(backend.importVerifier(params, new Uint8Array(31))).rejects.toThrow()
      await expect(backend.importSigner(params, new Uint8Array(31))).rejects.toThrow()
    }
  })
})

it('node:crypto compares a MAC in constant time', async () => {
  const { default: node } = await import('node:crypto')
  const { vi } = await import('vitest')
  const compared = vi.spyOn(node, 'timingSafeEqual')
  const verify = await nodeCrypto.importVerifier({ name: 'HMAC', hash: 'SHA-512' }, new Uint8Array(64))
  expect(await verify(new Uint8Array(64), new Uint8Array(3))).toBe(false)
  expect(compared).toHaveBeenCalledTimes(1)
  compared.mockRestore()
})
