import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { makePrivateFile, writePrivateFile } from '../project/private-files.ts'
import { stateDirectory } from '../project/state.ts'

/** Holds an operator's key where there is no file of one, as in CI: a private JWK. */
export const OPERATOR_KEY_VARIABLE = 'SEALGATE_OPERATOR_KEY'

/** A key that operates deployments. Its private half is shown nowhere. */
export interface OperatorKey {
  readonly kid: string
  readonly privateJwk: Readonly<Record<string, unknown>>
  /** What stands in `OPERATOR_KEYS` of the gateway. */
  readonly publicJwk: Readonly<Record<'kty' | 'crv' | 'x' | 'kid' | 'alg' | 'use', string>>
  /** Where it is: a file, or a variable. */
  readonly source: string
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The key for an environment: that of `SEALGATE_OPERATOR_KEY`, else of `.sealgate/operator-<environment>.jwk` in the
 * project's root, which its owner alone may read from then on. `undefined` without either.
 *
 * @throws UsageError for what is no such key
 */
export function findOperatorKey(
  root: string,
  environment: string,
  variables: Variables = process.env,
): OperatorKey | undefined {
  const given = variables[OPERATOR_KEY_VARIABLE]
  if (given !== undefined && given !== '') return readKey(given, OPERATOR_KEY_VARIABLE)
  const file = fileOf(root, environment)
  if (!existsSync(file)) return undefined
  makePrivateFile(file)
  return readKey(readFileSync(file, 'utf8'), file)
}

/** @throws UsageError saying how to come by a key */
export function readOperatorKey(
  root: string,
  environment: string,
  variables: Variables = process.env,
): OperatorKey {
  const found = findOperatorKey(root, environment, variables)
  if (found) return found
  throw new UsageError(
    `There is no operator's key for ${environment}: neither ${fileOf(root, environment)} nor ${OPERATOR_KEY_VARIABLE}. ` +
      `sealgate deploy ${environment} makes one; whoever deployed may hand you theirs.`,
  )
}

/** The key for an environment, made when there is none. */
export function ensureOperatorKey(
  root: string,
  environment: string,
  variables: Variables = process.env,
): OperatorKey & { readonly isNew: boolean } {
  const found = findOperatorKey(root, environment, variables)
  if (found) return { ...found, isNew: false }
  stateDirectory({ root })
  const file = fileOf(root, environment)
  const { privateKey } = generateKeyPairSync('ed25519')
  const { x = '', ...members } = privateKey.export({ format: 'jwk' })
  const kid = `operator-${environment}-${x.slice(0, 8)}`
  writePrivateFile(file, `${JSON.stringify({ ...members, x, kid, alg: 'EdDSA', use: 'sig' })}\n`)
  return { ...readKey(readFileSync(file, 'utf8'), file), isNew: true }
}

function fileOf(root: string, environment: string): string {
  return join(root, '.sealgate', `operator-${environment}.jwk`)
}

function readKey(text: string, source: string): OperatorKey {
  const jwk = parsed(text)
  // kit-keygen prints both halves.
  const privateJwk = isObject(jwk.privateJwk) ? jwk.privateJwk : jwk
  const { kty, crv, x, d, kid } = privateJwk
  if (kty === 'OKP' && crv === 'Ed25519' && isText(x) && isText(d) && isText(kid)) {
    return { kid, privateJwk, publicJwk: { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }, source }
  }
  throw new UsageError(
    `${source} is not a private Ed25519 JWK with a kid: npx kit-keygen --private makes one`,
  )
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
