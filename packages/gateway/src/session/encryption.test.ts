import { EncryptJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Purpose, Seals } from './encryption.ts'

const NOW = 1_800_000_000
const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const seals = new Seals([secret(1)])

describe('a sealed text', () => {
  it('opens to what was sealed', async () => {
    const sealed = await seals.seal('session', { id: 'a' }, NOW + 10)
    expect(await seals.open('session', sealed, NOW)).toEqual({ id: 'a', exp: NOW + 10 })
  })

  it('says nothing to who cannot open it, and never looks the same', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => seals.seal('session', { id: 'canary' }, NOW + 10)),
    )
    expect(one).not.toBe(other)
    expect(
      one
        ?.split('.')
        .map((part) => atob(part.replaceAll('-', '+').replaceAll('_', '/')))
        .join(),
    ).not.toContain('canary')
  })

  it('opens until it expires, to the second', async () => {
    const sealed = await seals.seal('login', {}, NOW + 600)
    expect(await seals.open('login', sealed, NOW + 599)).toBeDefined()
    expect(await seals.open('login', sealed, NOW + 600)).toBeUndefined()
  })

  const purposes: Purpose[] = ['login', 'session-id', 'session']
  it.each(purposes)('for %s opens for nothing else', async (purpose) => {
    const sealed = await seals.seal(purpose, {}, NOW + 10)
    for (const other of purposes) {
      expect((await seals.open(other, sealed, NOW)) !== undefined, other).toBe(other === purpose)
    }
  })

  it('does not open when any of it was changed', async () => {
    const sealed = await seals.seal('session', { id: 'a' }, NOW + 10)
    expect(await seals.open('session', sealed, NOW)).toBeDefined()
    for (const index of sealed.split('').keys()) {
      if (sealed[index] === '.') continue
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`
      // The last character of a part may hold bits that mean nothing (RFC 4648 §3.5).
      const isLast = sealed[index + 1] === '.' || index === sealed.length - 1
      if (!isLast) expect(await seals.open('session', changed, NOW), String(index)).toBeUndefined()
    }
  })

  it.each(['', 'x', 'a.b.c.d.e', '....', 'x'.repeat(5000)])('is not %j', async (text) => {
    expect(await seals.open('session', text, NOW)).toBeUndefined()
  })
})

describe('a key and a header', () => {
  /** A JWE by the key of one purpose, whose header names another. */
  async function crafted(info: string, typ: string): Promise<string> {
    const material = await crypto.subtle.importKey('raw', new Uint8Array(32).fill(1), 'HKDF', false, [
      'deriveBits',
    ])
    const derivation = {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: new TextEncoder().encode(info),
    }
    const key = new Uint8Array(await crypto.subtle.deriveBits(derivation, material, 256))
    return new EncryptJWT({})
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ })
      .setExpirationTime(NOW + 9)
      .encrypt(key)
  }

  it.each([
    ['sealgate seal session', 'sealgate-session', true],
    ['sealgate seal session', 'sealgate-login', false],
    ['sealgate seal login', 'sealgate-session', false],
    ['sealgate seal', 'sealgate-session', false],
  ])('%j and %j: it opens as a session %s', async (info, typ, opens) => {
    expect((await seals.open('session', await crafted(info, typ), NOW)) !== undefined).toBe(opens)
  })
})

describe('session secrets', () => {
  it('rotate: the first seals, all open', async () => {
    const before = new Seals([secret(1)])
    const during = new Seals([secret(2), secret(1)])
    const after = new Seals([secret(2)])
    const old = await before.seal('session', {}, NOW + 10)
    const fresh = await during.seal('session', {}, NOW + 10)
    expect(await during.open('session', old, NOW)).toBeDefined()
    expect(await during.open('session', fresh, NOW)).toBeDefined()
    expect(await after.open('session', fresh, NOW)).toBeDefined()
    expect(await after.open('session', old, NOW)).toBeUndefined()
    expect(await before.open('session', fresh, NOW)).toBeUndefined()
  })
})
