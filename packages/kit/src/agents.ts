/**
 * WebSocket upgrades, and Agents of the Agents SDK, for verified callers alone. The mixins need `agents`.
 *
 * @module @sealgate/kit/agents
 */
export { type Closable, closeAtEnd, closeEnded, closeIfEnded } from './agents/closing.ts'
export type { CallerRequest, Credentials, Fetches } from './agents/caller-access.ts'
export type { AgentConnection } from './agents/connection.ts'
export type { CallDenialReason, DeniedCall } from './agents/denied-call.ts'
export { type Approval, type ApprovalFor, approvalOf } from './agents/guard-call.ts'
export {
  type GuardedMcpTool,
  guardMcpTools,
  type McpInputSchema,
  type McpServerLike,
  type McpTool,
  type McpToolTable,
} from './agents/guard-mcp-tools.ts'
export {
  type GuardedTool,
  guardTools,
  type ToolInput,
  type ToolLike,
  type ToolTable,
} from './agents/guard-tools.ts'
export type { AgentHooks, AgentInstance, Frame, UpgradeContext } from './agents/hooks.ts'
export {
  type AgentClass,
  AuthAgent,
  type AuthenticatedAgent,
  OwnedAgent,
  type OwnedByCaller,
} from './agents/mixins.ts'
export type { AuthAgentOptions, OwnedAgentOptions } from './agents/options.ts'
export { authenticateUpgrade, type Upgrade, type UpgradeOptions } from './agents/upgrade.ts'
export { CredentialsGoneError } from './errors.ts'
export { DenialError } from './kit/denial-error.ts'
export { heldCaller, type HeldCaller } from './kit/held-caller.ts'
