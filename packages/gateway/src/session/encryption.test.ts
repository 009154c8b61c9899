import { EncryptJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { type Purpose, CookieEncryption } from './encryption.ts'

const NOW = 1_800_000_000
const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const encryption = new CookieEncryption([secret(1)])

describe('a sealed text', () => {
  it('opens to what was sealed', async () => {
    const sealed = await encryption.encrypt('session', { id: 'a' }, NOW + 10)
    expect(await encryption.decrypt('session', sealed, NOW)).toEqual({ id: 'a', exp: NOW + 10 })
  })

  it('says nothing to who cannot open it, and never looks the same', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => encryption.encrypt('session', { id: 'canary' }, NOW + 10)),
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
    const sealed = await encryption.encrypt('login', {}, NOW + 600)
    expect(await encryption.decrypt('login', sealed, NOW + 599)).toBeDefined()
    expect(await encryption.decrypt('login', sealed, NOW + 600)).toBeUndefined()
  })

  const purposes: Purpose[] = ['login', 'login-state', 'session-id', 'session']
  it.each(purposes)('for %s opens for nothing else', async (purpose) => {
    const sealed = await encryption.encrypt(purpose, {}, NOW + 10)
    for (const other of purposes) {
      expect((await encryption.decrypt(other, sealed, NOW)) !== undefined, other).toBe(other === purpose)
    }
  })

  it('does not open when any of it was changed', async () => {
    const sealed = await encryption.encrypt('session', { id: 'a' }, NOW + 10)
    expect(await encryption.decrypt('session', sealed, NOW)).toBeDefined()
    for (const index of sealed.split('').keys()) {
      if (sealed[index] === '.') continue
      const changed = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`
      // The last character of a part may hold bits that mean nothing (RFC 4648 §3.5).
      const isLast = sealed[index + 1] === '.' || index === sealed.length - 1
      if (!isLast) expect(await encryption.decrypt('session', changed, NOW), String(index)).toBeUndefined()
    }
  })

  it.each(['', 'x', 'a.b.c.d.e', '....', 'x'.repeat(5000)])('is not %j', async (text) => {
    expect(await encryption.decrypt('session', text, NOW)).toBeUndefined()
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
    expect((await encryption.decrypt('session', await crafted(info, typ), NOW)) !== undefined).toBe(opens)
  })
})

describe('session secrets', () => {
  it('rotate: the first encryption, all open', async () => {
    const before = new CookieEncryption([secret(1)])
    const during = new CookieEncryption([secret(2), secret(1)])
    const after = new CookieEncryption([secret(2)])
    const old = await before.encrypt('session', {}, NOW + 10)
    const fresh = await during.encrypt('session', {}, NOW + 10)
    expect(await during.decrypt('session', old, NOW)).toBeDefined()
    expect(await during.decrypt('session', fresh, NOW)).toBeDefined()
    expect(await after.decrypt('session', fresh, NOW)).toBeDefined()
    expect(await after.decrypt('session', old, NOW)).toBeUndefined()
    expect(await before.decrypt('session', fresh, NOW)).toBeUndefined()
  })
})
