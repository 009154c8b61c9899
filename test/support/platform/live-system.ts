import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { demoClients, demoUsers, PASSWORD_REALM, REALM, startTenant, type Tenant } from 'sealgate/internal'
import type { Slot } from '../system.ts'
import { type CloudflareApi, startCloudflareApi } from './cloudflare-api.ts'
import { type Platform, startPlatform } from './platform.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { configOf, WRANGLER } from './worker-bundle.ts'

/** Times short enough for a test, in seconds. They keep the order of the real ones: cache, activation, token lifetime. */
export const LIFE = 6
export const LEEWAY = 2
export const JWKS_TTL = 3

const ROOT = join(import.meta.dirname, '../../..')
const KEYGEN = join(ROOT, 'packages/keygen/bin/kit-keygen.js')
const WORKER = 'sealgate-gateway-dev'
/** How long the old version still answers: secrets take a moment to be everywhere. */
const OVERLAP_MS = 1500

/** The whole system under load, with an operator who rotates its keys. */
export interface LiveSystem {
  readonly platform: Platform
  readonly traffic: Traffic
  /**
   * An `--activate-in` that is to this system what ten minutes are to a real one: more than the pipe, the new version
   * and one lifetime of the consumer's JWKS take together, on a machine as busy as this one is.
   */
  readonly activateIn: string
  /** What the API holds for a slot. */
  privateJwk(slot: Slot): Readonly<Record<string, unknown>>
  /**
   * `kit-keygen … --private | wrangler secret put SLOT`, and the version that comes of it. Returns the time at which the
   * secret was stored, in milliseconds of `performance.now()`.
   */
  putKey(slot: Slot, kid: string, ...flags: readonly string[]): Promise<number>
  /** Deploys anew with the secrets that are stored. */
  redeploy(): Promise<void>
  close(): Promise<void>
}

export async function startLiveSystem(): Promise<LiveSystem> {
  const tenant = await startTenant({ quiet: true })
  const api = await startCloudflareApi({ [WORKER]: {} })
  const start = performance.now()
  await putByPipe(api, 'GATEWAY_PRIVATE_A', ['--kid=slot-a'])
  const pipeSeconds = (performance.now() - start) / 1000
  // Made later, so that it is this one that signs.
  await putByPipe(api, 'GATEWAY_PRIVATE_B', ['--kid=slot-b'])
  const platform = await startPlatform({
    gatewayVars: {
      AUTH0_DOMAIN: new URL(tenant.baseUrl).host,
      AUTH0_BASE_URL: tenant.baseUrl,
      JWT_TTL_SECONDS: String(LIFE),
      JWT_MAX_TTL_SECONDS: String(LIFE),
    },
    gatewaySecrets: api.secrets(WORKER),
    consumerVars: {
      JWT_MAX_TTL_SECONDS: String(LIFE),
      JWT_LEEWAY: String(LEEWAY),
      JWT_JWKS_CACHE_TTL_SECONDS: String(JWKS_TTL),
    },
  })
  const traffic = startTraffic({
    gateway: platform.gateway,
    consumer: platform.consumer,
    auth0Token: await login(tenant),
  })
  return {
    platform,
    traffic,
    activateIn: `${Math.ceil(3 * pipeSeconds + OVERLAP_MS / 1000 + JWKS_TTL + 4)}s`,
    privateJwk: (slot) => JSON.parse(api.secrets(WORKER)[slot] ?? '{}') as Record<string, unknown>,
    async putKey(slot, kid, ...flags) {
      await putByPipe(api, slot, [`--kid=${kid}`, ...flags])
      const storedAt = performance.now()
      await platform.deploy(api.secrets(WORKER), OVERLAP_MS)
      return storedAt
    },
    redeploy: () => platform.deploy(api.secrets(WORKER)),
    async close() {
      await traffic.stop()
      await platform.close()
      await api.close()
      await tenant.close()
    },
  }
}

/** The documented pipe, with the real kit-keygen and the real wrangler, in a real shell. */
async function putByPipe(api: CloudflareApi, slot: Slot, flags: readonly string[]): Promise<void> {
  const script =
    'set -o pipefail; "$NODE" "$KEYGEN" "$@" --private | "$NODE" "$WRANGLER" secret put "$SLOT" --env dev -c "$CONFIG"'
  const paths = { NODE: process.execPath, KEYGEN, WRANGLER, CONFIG: configOf('gateway'), SLOT: slot }
  await promisify(execFile)('bash', ['-c', script, 'put', ...flags], {
    env: { ...process.env, ...api.env, ...paths },
  })
}

/** An Auth0 access token of the demo user alice. */
export async function login(tenant: Tenant): Promise<string> {
  const { clientId, clientSecret } = demoClients.cli
  const { email, password } = demoUsers.alice
  const parameters = {
    ...{ grant_type: PASSWORD_REALM, realm: REALM, username: email, password },
    ...{ client_id: clientId, client_secret: clientSecret, audience: tenant.audience },
  }
  const response = await fetch(`${tenant.baseUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
  const { access_token: token } = (await response.json()) as { access_token: string }
  return token
}

/** @throws Error when it has not come true within the time, in seconds */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  seconds = 60,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still not: ${what}`)
    await sleep(100)
  }
}
