import type { GatewayPort, ServiceKeys } from './gateway-port.ts'
import { formatTime, type Slot, viewOf, withSecretName } from './key-slots.ts'
import { describeSlots } from './slot-table.ts'

/** What `sealgate slots` says of a deployed gateway. */
export interface KeysReport {
  readonly slots: readonly Slot[]
  /** Seconds since the epoch. */
  readonly nextRotationAt: number
  readonly services: readonly (ServiceKeys & { readonly stillVerifies: readonly string[] })[]
}

/** Which slot signs and until when, and which services still verify what no longer signs. */
export async function readKeys(gateway: Pick<GatewayPort, 'health' | 'probe'>): Promise<KeysReport> {
  const [health, probed] = await Promise.all([gateway.health(), gateway.probe()])
  const { signing, next, allowedAt } = viewOf(health.slots, health.maxTtl)
  const current = new Set([signing?.kid, next?.kid])
  return {
    slots: health.slots.map(withSecretName),
    nextRotationAt: Math.max(allowedAt, health.time),
    services: probed.map((service) => ({
      ...service,
      stillVerifies: (service.kids ?? []).filter((kid) => !current.has(kid)),
    })),
  }
}

/** The same for people. */
export function describeKeys({ slots, nextRotationAt, services }: KeysReport): string {
  const lines = services.map(({ service, audience, kids, problem, stillVerifies }) => {
    const holds = kids
      ? `holds ${kids.join(', ') || 'no key'}`
      : `does not say what it holds: ${problem ?? 'unknown'}`
    const old = stillVerifies.length > 0 ? `; still verifies ${stillVerifies.join(', ')}` : ''
    return `${service} (${audience}) ${holds}${old}`
  })
  return [
    describeSlots(slots),
    `The next rotation is allowed from ${formatTime(nextRotationAt)}.`,
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n')
}
