/**
 * A caller who follows the work: over service bindings, RPC, queues and workflows, and until an alarm. No dependency.
 *
 * @module @sealgate/kit/caller
 */
export { callerOf, type CallerOfOptions, type CallerSource } from './caller/caller-of.ts'
export { callee, type CalleeOf, type CalleeOptions, type EntrypointClass } from './caller/callee.ts'
export type { Callee } from './caller/carrier.ts'
export type {
  Carried,
  Envelope,
  QueueMessage,
  WorkflowEnvelope,
  WorkflowEventLike,
} from './caller/envelopes.ts'
export { UsedApprovals } from './approvals/used-approvals.ts'
export type { OnceStore } from './caller/once.ts'
export type { Seal } from './caller/seal.ts'
export {
  type CallerEnv,
  type Carrying,
  sealCaller,
  withCaller,
  type WithCallerOptions,
} from './caller/with-caller.ts'
