import { expectedSecrets } from './expected-secrets.ts'
import type { System, WorkerView } from './system-view.ts'

/** A command that makes a secret anew and puts it where the Worker finds it. */
export function makeAndPut(system: System, name: string, worker: WorkerView = system.gateway): string {
  const put = putSecret(system, name, worker)
  const make = expectedSecrets(worker.config, worker.secrets).find((secret) => secret.name === name)?.make
  return make === undefined ? put : `${make} | ${put}`
}

/** A command that reads a secret from stdin, or from whoever types it. */
export function putSecret(system: System, name: string, worker: WorkerView = system.gateway): string {
  return system.isLocal
    ? `npx sealgate secret-put ${name}`
    : `npx wrangler secret put ${name} --config ${worker.file} --env ${system.environment}`
}
