import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UsageError } from '../errors.ts'
import { ensureOperatorKey, findOperatorKey, readOperatorKey } from './operator-key.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'operator-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const fileOf = (environment: string): string => join(root, `.sealgate/operator-${environment}.jwk`)
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

it('a key is made once for an environment, in a file that its owner alone reads', () => {
  const made = ensureOperatorKey(root, 'production', {})
  expect(made.isNew).toBe(true)
  expect([modeOf(join(root, '.sealgate')), modeOf(fileOf('production'))]).toEqual(['700', '600'])
  const again = ensureOperatorKey(root, 'production', {})
  expect(again).toEqual({ ...made, isNew: false })
  expect(ensureOperatorKey(root, 'staging', {}).kid).not.toBe(made.kid)
  expect(Object.keys(made.publicJwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})

it('a file that others could read is made private when it is read', () => {
  ensureOperatorKey(root, 'production', {})
  chmodSync(fileOf('production'), 0o644)
  readOperatorKey(root, 'production', {})
  expect(modeOf(fileOf('production'))).toBe('600')
})

it('SEALGATE_OPERATOR_KEY comes before a file, and no file is made for it', () => {
  const { privateJwk } = ensureOperatorKey(root, 'staging', {})
  const variables = { SEALGATE_OPERATOR_KEY: JSON.stringify(privateJwk) }
  const key = ensureOperatorKey(root, 'production', variables)
  expect(key).toMatchObject({ isNew: false, kid: privateJwk.kid, source: 'SEALGATE_OPERATOR_KEY' })
  expect(findOperatorKey(root, 'production', {})).toBeUndefined()
})

it('what kit-keygen prints is taken whole', () => {
  const program = join(import.meta.dirname, '../../../keygen/bin/kit-keygen.js')
  const SEALGATE_OPERATOR_KEY = execFileSync(process.execPath, [program, '--kid=ops'], { encoding: 'utf8' })
  expect(readOperatorKey(root, 'production', { SEALGATE_OPERATOR_KEY }).kid).toBe('ops')
})

it('without a key it says how to come by one', () => {
  expect(() => readOperatorKey(root, 'production', {})).toThrow(UsageError)
  expect(() => readOperatorKey(root, 'production', {})).toThrow(
    /operator-production\.jwk nor SEALGATE_OPERATOR_KEY.*sealgate deploy production/,
  )
})

it.each(['nonsense', '[]', '{"kty":"OKP","crv":"Ed25519","x":"canary","d":"canary"}', '{"kty":"RSA"}'])(
  'what is no such key is rejected, and not quoted: %s',
  (text) => {
    ensureOperatorKey(root, 'production', {})
    writeFileSync(fileOf('production'), text)
    expect(() => readOperatorKey(root, 'production', {})).toThrow(/is not a private Ed25519 JWK with a kid/)
    expect(() => readOperatorKey(root, 'production', {})).not.toThrow(/canary/)
    expect(readFileSync(fileOf('production'), 'utf8')).toBe(text)
  },
)
