import { namesOf } from '@sealgate/kit/gateway'
import { neededSecrets, type SecretOrigin } from '../project/needed-secrets.ts'
import type { WorkerConfig } from '../project/worker-config.ts'
import type { LocalSecrets } from './local-secrets.ts'

/** A secret that a Worker needs, by what its variables say. */
export interface ExpectedSecret {
  readonly name: string
  /** The variable that asks for it. */
  readonly because: string
  /** Of several signing slots, or secrets of a list, one is enough. */
  readonly isSpare: boolean
  /** How its value is made; `undefined`: it comes from elsewhere. */
  readonly make: string | undefined
}

const MADE: Readonly<Partial<Record<SecretOrigin, string>>> = {
  'signing key': 'npx kit-keygen --private',
  'shared secret': 'npx kit-keygen secret',
  random: 'openssl rand -base64 32',
}

/**
 * Every secret that a Worker needs, each once. Those in a Secrets Store are bindings, and none of them.
 *
 * @param secrets may hold variables that ask for others
 */
export function expectedSecrets(config: WorkerConfig, secrets?: LocalSecrets): readonly ExpectedSecret[] {
  const vars = { ...config.vars, ...(secrets && Object.fromEntries(secrets.values)) }
  const needed = neededSecrets({ ...config, vars }).flatMap(({ names, because, origin }) =>
    names.map((name, index) => ({ name, because, isSpare: index > 0, make: MADE[origin] })),
  )
  const publicKeys = namesOf(vars.JWT_PUBLIC_JWK_NAME).map((name, index) => ({
    ...{ name, because: 'JWT_PUBLIC_JWK_NAME', isSpare: index > 0, make: undefined },
  }))
  const stored = new Set(config.secrets_store_secrets.map(({ binding }) => binding))
  const byName = new Map([...needed, ...publicKeys].toReversed().map((secret) => [secret.name, secret]))
  return [...byName.values()].toReversed().filter(({ name }) => !stored.has(name))
}
