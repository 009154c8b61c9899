import { ConfigError, makeKit, type SlotDescription } from '@sealgate/kit'
import { namesOf, parseJson } from '@sealgate/kit/gateway'
import { type Finding, reporterFor } from './finding.ts'
import { makeAndPut, renewSlot } from './remedies.ts'
import type { System, WorkerView } from './system-view.ts'

const report = reporterFor('keys')

const DAY_SECONDS = 86_400
/** Two weeks: time enough for whoever reads this to rotate. */
const SOON_SECONDS = 14 * DAY_SECONDS

/** What signs together: one ring of slots, or the list of secrets of an audience. */
interface Ring {
  readonly variable: 'JWT_PRIVATE_JWK_NAME' | 'JWT_SECRET_NAME'
  readonly names: readonly string[]
}

/**
 * What signs, as far as it is on this machine. What is at Cloudflare nobody reads back: `--remote` asks the gateway.
 *
 * @param isAsked whether the gateway is asked anyway
 */
export async function checkKeys(system: System, now: number, isAsked: boolean): Promise<readonly Finding[]> {
  const { gateway, environment } = system
  const rings = ringsOf(gateway)
  const names = rings.flatMap((ring) => ring.names)
  if (names.length === 0) return []
  if (!gateway.secrets) {
    if (isAsked) return []
    const why = system.isLocal
      ? 'there is no .dev.vars yet, and npm start makes it'
      : `they are at Cloudflare alone, and sealgate doctor --env ${environment} --remote asks the gateway for them`
    return [report.skipped('slots', `${names.join(', ')}: ${why}`)]
  }
  const file = gateway.file.replace('wrangler.jsonc', gateway.secrets.file)
  const found = await Promise.all(rings.map((ring) => ringFindings(system, ring, file, now)))
  return found.flat()
}

function ringsOf({ env }: WorkerView): readonly Ring[] {
  const byAudience: unknown =
    typeof env.JWT_SECRETS_BY_AUDIENCE === 'string'
      ? parseJson(env.JWT_SECRETS_BY_AUDIENCE)
      : env.JWT_SECRETS_BY_AUDIENCE
  return [
    { variable: 'JWT_PRIVATE_JWK_NAME' as const, names: namesOf(env.JWT_PRIVATE_JWK_NAME) },
    { variable: 'JWT_SECRET_NAME' as const, names: namesOf(env.JWT_SECRET_NAME) },
    ...Object.values(byAudience ?? {}).map((names) => ({
      variable: 'JWT_SECRET_NAME' as const,
      names: namesOf(names),
    })),
  ].filter(({ names }) => names.length > 0)
}

async function ringFindings(
  system: System,
  { variable, names }: Ring,
  file: string,
  now: number,
): Promise<readonly Finding[]> {
  const { env } = system.gateway
  const secrets = Object.fromEntries(names.map((name) => [name, env[name]]))
  const settings = {
    JWT_ISS: 'https://gateway.internal',
    JWT_AUD: 'gateway',
    JWT_MAX_TTL_SECONDS: env.JWT_MAX_TTL_SECONDS,
  }
  try {
    const kit = makeKit(
      { ...settings, [variable]: names.join(','), ...secrets },
      { now: () => now, logLevel: 'off' },
    )
    const slots = (await kit.describe()).sign?.slots ?? []
    const findings = slots.map((slot) => slotFinding(slot, file, now, system))
    return slots.some(({ state }) => state === 'signing')
      ? findings
      : [
          ...findings,
          report.fail(
            'no-signer',
            `none of ${names.join(', ')} (${file}) signs now`,
            makeAndPut(system, names[0] ?? ''),
          ),
        ]
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [report.fail('slot-unusable', `${file}: ${error.message}`, makeAndPut(system, names[0] ?? ''))]
  }
}

/** What a slot is doing, of a project or of a deployed gateway. */
export function slotFinding(
  { name: label, kid, state, nbf = 0, exp, problem }: SlotDescription,
  where: string,
  now: number,
  system: System,
): Finding {
  const name = label.split(' ')[0] ?? label
  const what = `${name} (${where})`
  const key = kid === undefined ? what : `${what}, kid ${kid}`
  const remedy = renewSlot(system, name)
  if (state === 'skipped' && problem === 'it is unset or empty') {
    // A slot is unset until the first rotation. A line without a value is a value that got lost.
    return system.gateway.secrets?.values.get(name) === ''
      ? report.warn('slot-empty', `${what} is empty: nothing can take over from the other`, remedy)
      : report.ok('slot', `${what} is unset, and free for the next rotation`)
  }
  if (state === 'skipped') {
    return report.fail('slot-unusable', `${what} is not used: ${problem ?? 'no reason is known'}`, remedy)
  }
  if (state === 'withdrawn') {
    return report.fail(
      'slot-expired',
      `${key}: it expired ${days(now - (exp ?? now))} ago and is withdrawn`,
      remedy,
    )
  }
  if (problem !== undefined) return report.fail('slot-repeated', `${key}: ${problem}`, remedy)
  const ends = exp === undefined ? 'does not expire' : `expires in ${days(exp - now)}`
  if (state === 'next')
    return report.ok('slot', `${key}: signs from ${new Date(nbf * 1000).toISOString()}, ${ends}`)
  if (exp !== undefined && exp - now < SOON_SECONDS)
    return report.warn('slot-expires-soon', `${key}: ${ends}`, remedy)
  return report.ok('slot', `${key}: ${state === 'signing' ? 'signs' : 'verifies what it signed'}, ${ends}`)
}

function days(seconds: number): string {
  const count = Math.floor(seconds / DAY_SECONDS)
  if (count === 0) return 'less than a day'
  return count === 1 ? '1 day' : `${count} days`
}
