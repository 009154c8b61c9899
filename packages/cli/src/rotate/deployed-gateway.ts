import type { Probed } from '@sealgate/gateway/config'
import type { OperatorClient } from '../operator/operator-client.ts'
import { OperatorError } from '../operator/operator-error.ts'
import type { GatewayHealth, GatewayPort, ServiceKeys } from './gateway-port.ts'

/** Sends a request to one version of a deployment, one with 0 % too. A Dictionary (RFC 8941 §3.2). */
const OVERRIDES = 'Cloudflare-Workers-Version-Overrides'

/**
 * A deployed gateway, by the operator channel.
 *
 * @param worker its name at Cloudflare
 */
export function deployedGateway(client: OperatorClient, worker: string): GatewayPort {
  return {
    health: async () => healthFrom(await client.health()),
    async healthOf(versionId) {
      try {
        const health = healthFrom(await client.health({ [OVERRIDES]: `${worker}="${versionId}"` }))
        return health.versionId === versionId ? health : undefined
      } catch (error) {
        // It is from before the channel, or it does not start.
        if (error instanceof OperatorError && (error.status === 404 || error.status === 500)) return undefined
        throw error
      }
    },
    probe: async () => (await client.probe()).map(keysOf),
    denyKey: (thumbprint) => client.revoke({ thumbprint }),
    async deniedAmong(thumbprints) {
      const { denied } = await client.request<{ readonly denied: readonly string[] }>({
        operation: 'denied',
        thumbprints,
      })
      return denied
    },
  }
}

type Health = Awaited<ReturnType<OperatorClient['health']>>

function healthFrom({ time, version, kit, keys, settings }: Health): GatewayHealth {
  return {
    time,
    ...(version && { versionId: version.id }),
    mode: settings.mode,
    slots: kit.sign?.slots ?? [],
    keys,
    hasDenylist: settings.hasDenylist,
    maxTtl: settings.maxTtlSeconds,
  }
}

function keysOf({ service, audience, verdict, genuine, holds }: Probed): ServiceKeys {
  if (holds) return { service, audience, kids: holds.kids }
  const problem = verdict === 'unsupported' ? 'it has no probe()' : (genuine.reason ?? verdict)
  return { service, audience, kids: undefined, problem }
}
