import type { DevWorker } from './dev-plan.ts'
import { type ModelServer, startModelServer } from './mock-model/model-server.ts'

/** The variable by which a service says that it wants a model, whatever its value. `sealgate dev` sets it. */
export const LOCAL_MODEL_URL = 'LOCAL_MODEL_URL'

export function wantsModel({ vars }: Pick<DevWorker, 'vars'>): boolean {
  return LOCAL_MODEL_URL in vars
}

/** Starts the local model when a service wants one. */
export async function startLocalModel(services: readonly DevWorker[]): Promise<ModelServer | undefined> {
  return services.some(wantsModel) ? startModelServer() : undefined
}
