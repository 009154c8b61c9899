import {
  bytesOf,
  claimsOf,
  type Draft,
  encode,
  headerOf,
  type PublicForm,
  seal,
  segmentsOf,
  type Target,
  withHeader,
} from './target.ts'
import { base64url } from 'jose'

/** Signatures of any length but the right one. */
const LENGTHS = [1, 2, 16, 31, 32, 33, 48, 63, 65, 72, 96, 128, 129, 255, 257, 512, 1024]

/** Classes 11, 13 and 14: signatures that are cut, made up, of something else, or of another token. */
export async function signatureAttacks(target: Target): Promise<readonly Draft[]> {
  const { sign, forge } = target
  const header = encode(headerOf(target))
  const payload = encode(claimsOf(target))
  const good = await seal(target, headerOf(target), claimsOf(target))
  const signature = bytesIn(good)
  const { length } = signature
  const rejected = (attackClass: number, name: string, bytes: Uint8Array): Draft => [
    attackClass,
    'bad_signature',
    name,
    `${header}.${payload}.${encode(bytes)}`,
  ]
  const over = async (name: string, input: string): Promise<Draft> =>
    rejected(14, `the signature of ${name}`, await sign(bytesOf(input)))
  const moved = async (name: string, changes: object): Promise<Draft> => {
    const stranger = segmentsOf(await seal(target, headerOf(target), claimsOf(target, changes)))
    return [
      14,
      'bad_signature',
      `${name}, under the signature of another token`,
      `${header}.${stranger[1]}.${encode(signature)}`,
    ]
  }
  return [
    rejected(13, 'no signature', new Uint8Array()),
    ...LENGTHS.filter((other) => other !== length).map((other) =>
      rejected(13, `a signature of ${other} bytes`, resized(signature, other)),
    ),
    ...[0x00, 0x01, 0x7f, 0x80, 0xff].map((byte) =>
      rejected(11, `a signature of bytes ${byte}`, new Uint8Array(length).fill(byte)),
    ),
    rejected(11, 'a signature that is the number 1', one(length, length - 1)),
    rejected(11, 'a signature that is the number 1, last byte first', one(length, 0)),
    rejected(
      11,
      'both halves of the signature the same',
      new Uint8Array([...signature.subarray(0, length / 2), ...signature.subarray(0, length / 2)]),
    ),
    rejected(
      11,
      'the halves of the signature changed over',
      new Uint8Array([...signature.subarray(length / 2), ...signature.subarray(0, length / 2)]),
    ),
    rejected(11, 'the signature backwards', Uint8Array.from(signature).reverse()),
    ...Array.from({ length: 32 }, (_, index): Draft => {
      const at = Math.floor((index * length) / 32)
      return rejected(
        12,
        `bit ${index % 8} of byte ${at} of the signature changed`,
        flipped(signature, at, index % 8),
      )
    }),
    await over('the payload alone', payload),
    await over('the header alone', header),
    await over('both with nothing between', header + payload),
    await over('both the other way round', `${payload}.${header}`),
    await over('a dot more', `${header}.${payload}.`),
    await over('what is decoded', `${JSON.stringify(headerOf(target))}.${JSON.stringify(claimsOf(target))}`),
    await over('nothing', ''),
    await moved('another subject', { sub: 'root' }),
    await moved('a longer lifetime', { exp: target.now + 3600 }),
    await moved('another audience', { aud: 'billing' }),
    await moved('more permissions', { permissions: ['*'] }),
    [14, 'bad_signature', 'another key', seal(target, headerOf(target), claimsOf(target), forge)],
    [
      14,
      'bad_signature',
      'another header under the same signature',
      `${encode(headerOf(target, { x: 1 }))}.${payload}.${encode(signature)}`,
    ],
    [14, 'bad_signature', 'a payload that is empty, under that signature', `${header}..${encode(signature)}`],
  ]
}

/** 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032 §5.1). */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** Points of small order, and other spellings of them, as the first half of a signature. */
const SMALL_POINTS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]

/** Classes 11 and 12 for Ed25519: S is below the order of the base point and R is one point in one spelling (RFC 8032 §5.1.7). */
export async function ed25519Attacks(target: Target): Promise<readonly Draft[]> {
  const good = await seal(target, headerOf(target), claimsOf(target))
  const input = good.slice(0, good.lastIndexOf('.'))
  const signature = bytesIn(good)
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const rejected = (attackClass: number, name: string, first: Uint8Array, second: bigint): Draft => [
    attackClass,
    'bad_signature',
    name,
    `${input}.${encode(new Uint8Array([...first, ...toLittleEndian(second)]))}`,
  ]
  const multiples = Array.from({ length: 16 }, (_, index) => BigInt(index + 1)).filter(
    (times) => s + times * ORDER < 2n ** 256n,
  )
  return [
    ...multiples.map((times) => rejected(12, `S + ${times} · L`, r, s + times * ORDER)),
    rejected(12, 'L − S', r, ORDER - s),
    rejected(12, 'S = L', r, ORDER),
    rejected(12, 'S = 0', r, 0n),
    rejected(12, 'S + 2^255', r, (s % 2n ** 255n) + 2n ** 255n),
    rejected(12, 'R with its sign changed', flipped(r, 31, 7), s),
    ...SMALL_POINTS.flatMap((point) => [
      rejected(11, `R = ${point.slice(0, 4)}…${point.slice(-2)}, S = 0`, hex(point), 0n),
      rejected(11, `R = ${point.slice(0, 4)}…${point.slice(-2)}, S = L`, hex(point), ORDER),
      rejected(11, `R = ${point.slice(0, 4)}…${point.slice(-2)}, S as it was`, hex(point), s),
    ]),
  ]
}

/** The order of P-256 (FIPS 186-5, RFC 7518 §3.4). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** Class 11 for ES256: r and s are from 1 to n − 1, in 32 bytes each, never in DER. */
export async function es256Attacks(target: Target): Promise<readonly Draft[]> {
  const good = await seal(target, headerOf(target), claimsOf(target))
  const input = good.slice(0, good.lastIndexOf('.'))
  const signature = bytesIn(good)
  const r = bigEndian(signature.subarray(0, 32))
  const s = bigEndian(signature.subarray(32))
  const rejected = (name: string, bytes: Uint8Array): Draft => [
    11,
    'bad_signature',
    name,
    `${input}.${encode(bytes)}`,
  ]
  const pair = (name: string, first: bigint, second: bigint): Draft =>
    rejected(name, new Uint8Array([...toBigEndian(first), ...toBigEndian(second)]))
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)]
  return [
    pair('r = 0', 0n, s),
    pair('s = 0', r, 0n),
    pair('r = n, s = n', P256_ORDER, P256_ORDER),
    pair('r = n', P256_ORDER, s),
    pair('s = n', r, P256_ORDER),
    pair('r = 1, s = 1', 1n, 1n),
    pair('r = n − 1, s = n − 1', P256_ORDER - 1n, P256_ORDER - 1n),
    pair('n − r', P256_ORDER - r, s),
    rejected(
      'the signature in DER',
      new Uint8Array([0x30, 70, 0x02, 33, 0, ...first, 0x02, 33, 0, ...second]),
    ),
    rejected('zeros in DER', new Uint8Array([0x30, 6, 0x02, 1, 0, 0x02, 1, 0])),
  ]
}

/** Classes 2, 3 and 6: HMAC with what everybody knows, under its own name and under the name of the good algorithm. */
export function keyConfusionAttacks(target: Target): readonly Draft[] {
  const { alg, algs, kid = 'key-1', issuer, audience, publicForms } = target
  const guesses: readonly PublicForm[] = [
    // HMAC pads its key with zeros: this one is the empty key.
    { attackClass: 6, name: 'nothing', bytes: new Uint8Array(1) },
    ...['secret', 'null', 'undefined', '{}', issuer, audience, kid, alg].map((text) => ({
      attackClass: 6,
      name: `the text ${text}`,
      bytes: bytesOf(text),
    })),
    ...publicForms,
  ]
  return guesses.flatMap(({ attackClass, name, bytes }) =>
    [256, 384, 512].flatMap((bits): readonly Draft[] => {
      const own = `HS${bits}`
      const sign = hmac(bytes, `SHA-${bits}`)
      const isGood = algs.includes(own)
      return [
        [
          attackClass,
          isGood ? 'bad_signature' : 'unsupported_alg',
          `${own} keyed with ${name}`,
          withHeader(target, { alg: own }, sign),
        ],
        ...(isGood
          ? []
          : ([
              [
                attackClass,
                'bad_signature',
                `${alg} in the header, ${own} keyed with ${name}`,
                withHeader(target, {}, sign),
              ],
            ] satisfies Draft[])),
      ]
    }),
  )
}

/** Signs by HMAC with any bytes. */
export function hmac(secret: Uint8Array, hash: string): Target['sign'] {
  return async (input) => {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), { name: 'HMAC', hash }, false, [
      'sign',
    ])
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, input))
  }
}

function bytesIn(token: string): Uint8Array {
  return base64url.decode(segmentsOf(token)[2])
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  out.set(bytes.subarray(0, length))
  return out
}

function one(length: number, at: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes[at] = 1
  return bytes
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const out = Uint8Array.from(bytes)
  out[at] = (out[at] ?? 0) ^ (1 << bit)
  return out
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

function littleEndian(bytes: Uint8Array): bigint {
  return bigEndian(Uint8Array.from(bytes).reverse())
}

function toBigEndian(number: bigint): Uint8Array {
  return hex(number.toString(16).padStart(64, '0'))
}

function toLittleEndian(number: bigint): Uint8Array {
  return toBigEndian(number).reverse()
}
