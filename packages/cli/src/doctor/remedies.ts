import { namesOf } from '@sealgate/kit/gateway'
import { expectedSecrets } from './expected-secrets.ts'
import type { System, WorkerView } from './system-view.ts'

/** A command that makes a secret anew and puts it where the Worker finds it. */
export function makeAndPut(system: System, name: string, worker: WorkerView = system.gateway): string {
  // Its private half is on this machine alone.
  if (name === 'OPERATOR_KEYS') return `npx sealgate deploy ${system.environment}`
  const put = putSecret(system, name, worker)
  const make = expectedSecrets(worker.config, worker.secrets).find((secret) => secret.name === name)?.make
  return make === undefined ? put : `${make} | ${put}`
}

/** A command that puts a new key into a slot: where a gateway is deployed, so that no request is denied meanwhile. */
export function renewSlot(system: System, name: string): string {
  const isSlot = namesOf(system.gateway.config.vars.JWT_PRIVATE_JWK_NAME).includes(name)
  return isSlot && !system.isLocal ? `npx sealgate rotate ${system.environment}` : makeAndPut(system, name)
}

/** A command that reads a secret from stdin, or from whoever types it. */
export function putSecret(system: System, name: string, worker: WorkerView = system.gateway): string {
  return system.isLocal
    ? `npx sealgate secret-put ${name}`
    : `npx wrangler secret put ${name} --config ${worker.file} --env ${system.environment}`
}
