import { setTimeout as sleep } from 'node:timers/promises'
import type { DeploymentHealth, Probed } from '@sealgate/gateway/config'
import { unreadiness } from '../operator/ready.ts'

/** A deployed gateway, as its operator sees it. */
export interface SmokeTarget {
  readonly url: string
  health(): Promise<DeploymentHealth>
  probe(): Promise<readonly Probed[]>
}

/** What a deploy has to show. */
export interface Expected {
  /** The version of the gateway that was deployed; unset where it is not known. */
  readonly version?: string | undefined
  /** How people know the Worker behind a binding of the gateway. */
  readonly nameOf: (binding: string) => string
}

export interface SmokeReport {
  readonly ok: boolean
  /** What is wrong, each with what to do. */
  readonly problems: readonly string[]
  /** What could not be looked at. */
  readonly warnings: readonly string[]
  readonly pairs: readonly Pick<Probed, 'service' | 'audience' | 'verdict'>[]
}

/** How long a new version may take to be everywhere, and services to see its keys, in milliseconds. */
const PATIENCE_MS = 45_000
const PAUSE_MS = 1500

interface Finding {
  readonly report: SmokeReport
  /** Time heals it: the old version still responds, or a service has not fetched the keys yet. */
  readonly mayPass: boolean
}

/**
 * Looks whether a deployment serves: its version responds at the hostname, it is ready, a key signs, and each service
 * takes its tokens and rejects forged ones.
 */
export async function smoke(
  target: SmokeTarget,
  expected: Expected,
  {
    patienceMs = PATIENCE_MS,
    pauseMs = PAUSE_MS,
  }: { readonly patienceMs?: number; readonly pauseMs?: number } = {},
): Promise<SmokeReport> {
  const until = Date.now() + patienceMs
  for (;;) {
    const { report, mayPass } = await look(target, expected)
    if (report.ok || !mayPass || Date.now() > until) return report
    await sleep(pauseMs)
  }
}

async function look(target: SmokeTarget, expected: Expected): Promise<Finding> {
  try {
    const [health, notReady] = await Promise.all([target.health(), unreadiness(target.url)])
    const version = versionProblem(health, expected, target)
    if (version !== undefined) return failed([version], true)
    const own = [...(notReady === undefined ? [] : [readyText(notReady, health)]), ...keyProblems(health)]
    if (own.length > 0) return failed(own, true)
    return judge(await target.probe(), health, expected)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return failed([text], true)
  }
}

function readyText(notReady: string, { notReady: details }: DeploymentHealth): string {
  const why = details ? details.detail : "the gateway's log says why"
  return `${notReady}: everybody would be denied: ${why}`
}

function versionProblem(
  { version }: DeploymentHealth,
  expected: Expected,
  { url }: SmokeTarget,
): string | undefined {
  if (expected.version === undefined || version === undefined || version.id === expected.version)
    return undefined
  return `${url} serves version ${version.id}, not ${expected.version}: is the route another Worker's?`
}

function keyProblems({ kit, keys, settings }: DeploymentHealth): readonly string[] {
  if (settings.mode === 'HS512') return []
  const signing = kit.sign?.slots.find(({ state }) => state === 'signing')
  if (!signing) return ['no slot of the gateway signs: sealgate slots says what is wrong with each']
  const isPublished = keys.some(({ kid }) => kid === signing.kid)
  return isPublished ? [] : [`the gateway signs with ${signing.kid ?? 'a key'}, which its JWKS does not have`]
}

function judge(services: readonly Probed[], { version }: DeploymentHealth, expected: Expected): Finding {
  const bad = services.filter(({ verdict }) => verdict !== 'ok' && verdict !== 'unsupported')
  const warnings = [
    ...services
      .filter(({ verdict }) => verdict === 'unsupported')
      .map((one) => `${pairOf(one, expected)}: nothing is known, it has no probe() of @sealgate/kit/hono`),
    ...(version === undefined && expected.version !== undefined
      ? ['which version responds is not known: the gateway has no binding CF_VERSION_METADATA']
      : []),
  ]
  const report = {
    ok: bad.length === 0,
    problems: bad.map((one) => `${pairOf(one, expected)} ${verdictText(one)}`),
    warnings,
    pairs: services.map(({ service, audience, verdict }) => ({ service, audience, verdict })),
  }
  // A service that takes the tokens of another audience has the wrong one, and keeps it.
  const isLasting = bad.some(
    ({ verdict, takesAudience }) => verdict === 'accepts_forged' || takesAudience !== undefined,
  )
  return { report, mayPass: !isLasting }
}

/** As people know it: `gateway → reports (binding REPORTS, audience reports)`. */
function pairOf({ service, audience }: Probed, { nameOf }: Expected): string {
  return `gateway → ${nameOf(service)} (binding ${service}, audience ${audience})`
}

function verdictText({ verdict, audience, takesAudience, genuine }: Probed): string {
  switch (verdict) {
    case 'rejects':
      return takesAudience === undefined
        ? `rejects the gateway's tokens: its JWT_ISS, JWT_AUD or keys are not the gateway's. Its log says which`
        : `rejects the gateway's tokens, and takes those for ${takesAudience}: its JWT_AUD must be ${audience}`
    case 'accepts_forged':
      return 'accepts a forged token: it verifies nothing'
    case 'unavailable':
      return 'cannot have its keys, or its deny-list: JWT_JWKS_SERVICE_NAME names a binding to the entrypoint Keys?'
    case 'failed':
      return `failed (${genuine.status ?? genuine.reason ?? 'no response'}): its log says why`
    case 'ok':
    case 'unsupported':
      return verdict
  }
}

function failed(problems: readonly string[], mayPass: boolean): Finding {
  return { report: { ok: false, problems, warnings: [], pairs: [] }, mayPass }
}
