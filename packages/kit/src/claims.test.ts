import { expect, it } from 'vitest'
import { generateSecret } from './keys/secrets.ts'
import { createKit } from './registry.ts'

const kit = createKit({
  issuer: 'https://issuer.test',
  audience: 'reports',
  sign: { secret: generateSecret() },
})

/** One caller serves every request with its token: what a handler changed would be there for the next one. */
it.each([
  { permissions: ['read'], roles: ['user'] },
  { scope: 'read' },
  { scp: 'read' },
  { scp: ['read'] },
  {},
])('a caller with the rights of %j cannot be changed', async (rights) => {
  const auth = await kit.checkAuth(await kit.sign({ sub: 'user-1', ...rights }))
  expect(Object.isFrozen(auth)).toBe(true)
  for (const held of [auth?.permissions, auth?.roles]) {
    expect(() => (held as string[]).push('admin')).toThrow(TypeError)
  }
})
