import type { Seal } from './seal.ts'

/** What goes along with a call over RPC, as its first argument. */
export interface Carried {
  readonly sealgate: { readonly token: string }
}

/** A body and who sent it: what a queue carries, and what is kept for later. */
export interface Envelope<Body> {
  readonly sealgate: Seal
  readonly body: Body
}

/** The parameters of a workflow and who started it. */
export interface WorkflowEnvelope<Params> {
  readonly sealgate: Seal
  readonly params: Params
}

/** A message of a queue, as far as it is read. */
export interface QueueMessage {
  readonly id: string
  readonly attempts: number
  readonly body: unknown
}

/** The event of a workflow, as far as it is read. */
export interface WorkflowEventLike {
  readonly instanceId: string
  readonly payload: unknown
}
