import { createKit } from '../kit/create-kit.ts'
import { expect, it } from 'vitest'
import { rightsOf } from './types.ts'
import { generateSecret } from '../keys/hmac-secrets.ts'
import { policy } from '../policy/builder.ts'
import type { StandardSchema } from '../policy/standard-schema.ts'

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

it('auth.payload is auth.claims, the same object and of the same type, with a schema too', async () => {
  const token = await kit.sign({ sub: 'user-1', tid: 'acme' }, { ttlSeconds: 60 })
  const plain = await kit.checkAuth(token)
  expect(plain?.payload).toBe(plain?.claims)
  expect(plain?.payload.jti).toBe(plain?.jti)
  const schema: StandardSchema<{ readonly tid: string }> = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ value: { tid: 'ACME' } }) },
  }
  const narrowed = await kit.checkAuth(token, policy().claims(schema))
  const tid: string | undefined = narrowed?.payload.tid
  expect(tid).toBe('ACME')
  expect(narrowed?.payload).toBe(narrowed?.claims)
})

it.each<[what: string, claims: Readonly<Record<string, unknown>>, permissions: readonly string[]]>([
  ['a list', { permissions: ['read', 'write'] }, ['read', 'write']],
  ['a list with something else in it', { permissions: ['read', 1] }, []],
  ['a list of nothing that is text', { permissions: [1] }, []],
  ['text where a list belongs', { permissions: 'read' }, []],
  ['null, beside a scope', { permissions: null, scope: 'read' }, []],
  ['a scope', { scope: 'read  write ' }, ['read', 'write']],
  ['a scope that is a list', { scope: ['read'] }, []],
  ['a scope that is a number', { scope: 7 }, []],
  ['scp as text', { scp: 'read write' }, ['read', 'write']],
  ['scp as a list', { scp: ['read', 'write'] }, ['read', 'write']],
  ['scp as a list with something else in it', { scp: ['read', {}] }, []],
  ['nothing', {}, []],
])('permissions of %s', (_, claims, permissions) => {
  expect(rightsOf(claims).permissions).toEqual(permissions)
})

it.each<[what: string, roles: unknown, held: readonly string[]]>([
  ['a list', ['admin'], ['admin']],
  ['a list with something else in it', ['admin', null], []],
  ['text', 'admin', []],
])('roles of %s', (_, roles, held) => {
  expect(rightsOf({ roles }).roles).toEqual(held)
})
