/**
 * For the tests and the bench of this repository alone: no part of it is under semver.
 *
 * @module sealgate/internal
 */
export { createProgram, main } from './cli.ts'
export { forExtras } from './create/choices.ts'
export { projectFiles } from './create/project-files.ts'
export { withDefaults } from './create/prompts.ts'
export { gatewayProblem } from './deploy/gateway-problem.ts'
export { type Control, startControl } from './dev/control-server.ts'
export { controlSecret, makeSecrets, problemWith } from './dev/dev-secrets.ts'
export { type DevSystem, folderOf, startDevSystem } from './dev/dev-system.ts'
export {
  type Addresses,
  checkEndToEnd,
  curlLines,
  exchangeForm,
  loginForm,
  type RunningSystem,
} from './dev/end-to-end-check.ts'
export { idpSettings } from './dev/idp-settings.ts'
export { keygen } from './project/keygen.ts'
export { FormBrowser } from './dev/mock-idp/form-login.ts'
export {
  DEMO_PASSWORD,
  demoClients,
  demoUsers,
  PASSWORD_REALM,
  REALM,
  startTenant,
  type Tenant,
  type TenantUser,
} from './dev/mock-idp/tenant.ts'
export { type ModelServer, startModelServer } from './dev/mock-model/model-server.ts'
export { type DevPlan, planOf } from './dev/dev-plan.ts'
export { choosePorts, type Ports } from './dev/ports.ts'
export { Program } from './dev/program.ts'
export { putSecrets, readSecrets } from './dev/secrets-file.ts'
export { offerOf, say, upgradeStatus } from './dev/sockets.ts'
export { diagnose, type DoctorWorld } from './doctor/diagnose.ts'
export type { Finding } from './doctor/finding.ts'
export { preflight } from './doctor/check-files.ts'
export { UsageError } from './errors.ts'
export { type Deployment, deploymentOf } from './operator/deployment.ts'
export { OperatorClient } from './operator/operator-client.ts'
export { OperatorError } from './operator/operator-error.ts'
export { ensureOperatorKey, type OperatorKey, readOperatorKey } from './operator/operator-key.ts'
export { readWorkerConfig, type WorkerConfig } from './project/worker-config.ts'
export { bootstrapConfig } from './project/bootstrap-config.ts'
export { environmentsOf } from './project/environments.ts'
export { findProject, type Project, type WorkerFolder } from './project/find-project.ts'
export { type EmergencyReport, rotateInEmergency } from './rotate/emergency.ts'
export type { GatewayHealth, GatewayPort } from './rotate/gateway-port.ts'
export type { Slot } from './rotate/key-slots.ts'
export type { LeakedKey } from './rotate/leaked-keys.ts'
export { rollback } from './rotate/go-back.ts'
export { readDevSlots } from './rotate/dev-slots.ts'
export { describeSlots } from './rotate/slot-table.ts'
export { rotate, type RotationReport } from './rotate/planned.ts'
export { rotationWorkflow } from './rotate/workflow.ts'
export type { KeysWorld } from './rotate/world.ts'
export { AUTH0_CAUSES } from './why/auth0-causes.ts'
export { DPOP_CAUSES } from './why/dpop-causes.ts'
export { GATEWAY_CAUSES } from './why/gateway-causes.ts'
export { KIT_CAUSES, KIT_ERROR_CAUSES } from './why/kit-causes.ts'
export { type RunWrangler, wranglerWith } from './wrangler/run.ts'
