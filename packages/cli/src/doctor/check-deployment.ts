import type { DeploymentHealth, Probed } from '@sealgate/gateway/config'
import { slotFinding } from './check-keys.ts'
import { type Finding, type Reporter, reporterFor, shown } from './finding.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report: Reporter = reporterFor('deployment')

/** What a deployment says of itself to its operators. */
export interface Deployed {
  /** Its origin. */
  readonly url: string
  health(): Promise<DeploymentHealth>
  probe(): Promise<readonly Probed[]>
  /** What `/ready` says to everybody, if it is not ready. */
  unreadiness(): Promise<string | undefined>
  /** How far its clock is ahead of this machine's, in seconds. */
  readonly clockOffsetSeconds: number | undefined
}

/** From here on, keys that are made on this machine begin and expire at another time than was meant. */
const CLOCK_LIMIT_SECONDS = 60

/** Does what is deployed work, and is it what this project describes? */
export async function checkDeployment(system: System, deployed: Deployed): Promise<readonly Finding[]> {
  let health: DeploymentHealth
  let probed: readonly Probed[]
  let notReady: string | undefined
  try {
    health = await deployed.health()
    notReady = await deployed.unreadiness()
    probed = await deployed.probe()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const fix = `${deployCommand(system)}, if it is not there yet; --url <url>, if it is reached elsewhere`
    return [report.fail('deployment', `the deployment cannot be asked: ${why}`, fix)]
  }
  const { version, time } = health
  const which = version === undefined ? '' : `, version ${version.tag || version.id}`
  return [
    report.ok('deployment', `${deployed.url} responds${which}`),
    ...readyFindings(system, notReady, health),
    ...settingFindings(system, health),
    ...(health.kit.sign?.slots ?? []).map((slot) => slotFinding(slot, `at ${deployed.url}`, time, system)),
    ...tenantFindings(health),
    ...clockFindings(deployed.clockOffsetSeconds),
    ...probed.map((one) => probeFinding(system, one)),
  ]
}

/** Whoever watches `/ready` sees the code; an operator is told which part it is, and what is wrong with it. */
function readyFindings(
  system: System,
  notReady: string | undefined,
  { notReady: details }: DeploymentHealth,
): readonly Finding[] {
  if (notReady === undefined) return []
  const why = details ? `: ${details.reason}, ${details.detail}` : ''
  const what = `${notReady}, so nobody would be served${why}`
  return [report.fail('deployment-ready', what, readyFix(system, details?.reason))]
}

function readyFix({ environment, gateway }: System, reason: string | undefined): string {
  if (reason === 'no_signing_key')
    return `npx sealgate slots ${environment}, then npx sealgate rotate ${environment}`
  return `npx wrangler tail ${gateway.config.name ?? 'the gateway'}: its log says more; the page of Cloudflare's status, when it is KV or a Durable Object`
}

function deployCommand({ environment }: System): string {
  return `npx sealgate deploy ${environment}`
}

/** What was changed here since the last deploy, or there by hand. */
function settingFindings(system: System, { settings }: DeploymentHealth): readonly Finding[] {
  if (!system.reading.ok) return []
  const { config } = system.reading
  const pairs: readonly (readonly [name: string, here: unknown, there: unknown])[] = [
    ['WORKER_ENV', config.environment, settings.environment],
    ['JWT_ISS', config.issuer, settings.issuer],
    ['AUTH0_DOMAIN', config.auth0.issuer, settings.auth0.issuer],
    ['AUTH0_AUDIENCE', config.auth0.audience, settings.auth0.audience],
    ['BASE_URL', config.baseUrl, settings.baseUrl],
    ['audiences', [...config.audiences.keys()].join(), settings.audiences.join()],
    ['the algorithm', config.mode, settings.mode],
  ]
  return pairs.flatMap(([name, here, there]) =>
    here === there
      ? []
      : [
          report.warn(
            'deployment-differs',
            `${name} is ${shown(there)} in the deployment, and ${shown(here)} in this project`,
            `${deployCommand(system)}, if this project is right`,
          ),
        ],
  )
}

function tenantFindings({ auth0: { problem } }: DeploymentHealth): readonly Finding[] {
  return problem === undefined
    ? []
    : [
        report.fail(
          'deployment-idp',
          `the deployment cannot have the keys of the tenant: ${problem}`,
          'see the status of the tenant at Auth0',
        ),
      ]
}

function clockFindings(ahead: number | undefined): readonly Finding[] {
  if (ahead === undefined || Math.abs(ahead) < CLOCK_LIMIT_SECONDS) return []
  const what = `the clock of this machine is ${Math.abs(ahead)} seconds ${ahead < 0 ? 'ahead of' : 'behind'} Cloudflare's: keys that are made here begin and expire at the wrong time`
  return [
    report.fail(
      'deployment-clock',
      what,
      'sudo timedatectl set-ntp true (Linux), or let the system set its clock',
    ),
  ]
}

function probeFinding(
  system: System,
  { service, audience, verdict, genuine, holds, takesAudience }: Probed,
): Finding {
  const worker = serviceBoundAs(system, service)
  const name = worker?.folder.name ?? service
  const place = worker ? placeOf(system, worker) : `the wrangler.jsonc of ${service}`
  const pair = `gateway and ${name}, audience ${audience}`
  const why = genuine.reason ?? `status ${genuine.status ?? 'none'}`
  switch (verdict) {
    case 'ok':
      return report.ok('probe', `${pair}: a good token passes, a forged one is denied`)
    case 'unsupported':
      return report.skipped('probe', `${pair}: ${name} has no probe(), so nothing was sent`)
    case 'accepts_forged':
      return report.fail(
        'probe',
        `${pair}: ${name} accepts a forged token`,
        `verify tokens before everything else in ${name}: app.use(sealgate())`,
      )
    case 'unavailable':
      return report.fail(
        'probe',
        `${pair}: ${name} cannot have its keys or its deny-list (${why})`,
        `look at the bindings in ${place}, and at the log: npx wrangler tail ${worker?.config.name ?? service}`,
      )
    case 'failed':
      return report.fail(
        'probe',
        `${pair}: ${name} failed (${why})`,
        `npx wrangler tail ${worker?.config.name ?? service}`,
      )
    case 'rejects':
      return report.fail(
        'probe',
        `${pair}: ${name} denies a good token (${why})${heldBy(holds, takesAudience)}`,
        mendFor(system, place, audience, takesAudience),
      )
  }
}

function heldBy(holds: Probed['holds'], takesAudience: string | undefined): string {
  if (takesAudience !== undefined) return `: it takes those for ${shown(takesAudience)}`
  return holds
    ? `: it is for the issuer ${shown(holds.issuer)} and the audience ${shown(holds.audience.join())}`
    : ''
}

function mendFor(system: System, place: string, audience: string, takesAudience: string | undefined): string {
  return takesAudience === undefined
    ? `make JWT_ISS, JWT_AUD and the keys in ${place} agree with the gateway's, then ${deployCommand(system)}`
    : `"JWT_AUD": ${JSON.stringify(audience)} in ${place}, then ${deployCommand(system)}`
}

/** The service of a binding of the gateway. */
function serviceBoundAs({ gateway, services }: System, binding: string): WorkerView | undefined {
  const target = (gateway.config.services ?? []).find((one) => one.binding === binding)?.service
  return services.find(({ config }) => config.name === target)
}
