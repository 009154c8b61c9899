import { randomBytes } from 'node:crypto'
import { UsageError } from '../errors.ts'
import { ensureOperatorKey } from '../operator/operator-key.ts'
import type { Project } from '../project/find-project.ts'
import { keygen } from '../project/keygen.ts'
import { describeSecret } from '../project/secret-definitions.ts'
import type { WorkerView } from '../project/worker-view.ts'
import { askSecrets, canAsk } from '../terminal/ask-secrets.ts'
import type { MissingSecret } from './secret-plan.ts'

/** The secrets to put to one Worker, by name. */
export type WorkerSecrets = ReadonlyMap<string, string>

/**
 * The values of secrets that are missing, by Worker: made, or prompted for. The Workers come in the order in which they are
 * put.
 *
 * @throws UsageError when one that only a person knows is not typed
 */
export async function makeSecrets(
  missing: readonly MissingSecret[],
  project: Project,
  environment: string,
): Promise<ReadonlyMap<WorkerView, WorkerSecrets>> {
  const typed = await ask(missing)
  const values = new Map<WorkerView, Map<string, string>>()
  for (const secret of missing) {
    const value = valueOf(secret, project, environment, typed)
    for (const { view, name } of secret.targets) {
      const own = values.get(view) ?? new Map<string, string>()
      values.set(view, own.set(name, value))
    }
  }
  // The gateway is the last: what services verify with is there when it begins to sign.
  return new Map([...values].sort(([one], [other]) => rank(one, project) - rank(other, project)))
}

/** @throws UsageError, where nobody can be asked, naming the secrets that a person has to give */
export function rejectUnknown(missing: readonly MissingSecret[], environment: string): void {
  const given = givenOf(missing)
  if (given.length === 0 || canAsk()) return
  const names = given.map(({ because, targets: [target] }) => `${target?.name ?? ''} (for ${because})`)
  throw new UsageError(
    `There is no terminal to ask for ${names.join(', ')}. First: sealgate secrets ${environment} --file <path>`,
  )
}

function givenOf(missing: readonly MissingSecret[]): readonly MissingSecret[] {
  return missing.filter(({ origin }) => origin === 'given')
}

async function ask(missing: readonly MissingSecret[]): Promise<ReadonlyMap<string, string>> {
  const names = givenOf(missing).flatMap(({ targets }) => targets.map(({ name }) => name))
  if (names.length === 0) return new Map()
  const typed = await askSecrets(
    names.map((name) => ({ name, what: describeSecret(name) })),
    'needed',
  )
  const left = names.filter((name) => !typed.has(name))
  if (left.length > 0) throw new UsageError(`Nothing was changed: ${left.join(', ')} has no value.`)
  return typed
}

function valueOf(
  { origin, targets: [target] }: MissingSecret,
  project: Project,
  environment: string,
  typed: ReadonlyMap<string, string>,
): string {
  switch (origin) {
    case 'signing key':
      return keygen(`--kid=${environment}-${Math.floor(Date.now() / 1000)}`, '--private')
    case 'shared secret':
      return keygen('secret')
    case 'random':
      return randomBytes(32).toString('base64url')
    case 'operator keys':
      return JSON.stringify([ensureOperatorKey(project.root, environment).publicJwk])
    case 'given':
      return typed.get(target?.name ?? '') ?? ''
  }
}

function rank({ folder }: WorkerView, { gateway }: Project): number {
  return folder.dir === gateway.dir ? 1 : 0
}
