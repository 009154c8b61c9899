import { createHash } from 'node:crypto'
import { namesOf, secretBytes } from '@sealgate/kit/gateway'
import { type Finding, listed, reporterFor, shown } from './finding.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('pairs')

/** The gateway's entrypoint that serves keys, and nothing else. */
const ENTRYPOINT = 'Keys'

/** Does a service verify with what the gateway signs with? */
export function checkKeySource(system: System, service: WorkerView): readonly Finding[] {
  const { gateway } = system
  const hasSecret = isSet(service.env.JWT_SECRET_NAME) || isSet(service.env.JWT_SECRET)
  const isHmac =
    isSet(gateway.env.JWT_SECRET_NAME) ||
    isSet(gateway.env.JWT_SECRET) ||
    isSet(gateway.env.JWT_SECRETS_BY_AUDIENCE)
  if (isHmac !== hasSecret) return modeFindings(system, service, isHmac)
  if (isHmac) return secretFindings(system, service)
  const [binding] = namesOf(service.env.JWT_JWKS_SERVICE_NAME)
  if (binding !== undefined) return bindingFindings(system, service, binding)
  if (isSet(service.env.JWT_JWKS_URL)) return urlFindings(system, service)
  return []
}

function modeFindings(system: System, service: WorkerView, isHmac: boolean): readonly Finding[] {
  const place = placeOf(system, service)
  // Without any key the kit says so itself.
  const sources = [
    'JWT_JWKS_SERVICE_NAME',
    'JWT_JWKS_URL',
    'JWT_PUBLIC_JWK_NAME',
    'JWT_PUBLIC_JWK',
    'JWT_SECRET_NAME',
    'JWT_SECRET',
  ]
  const source = sources.find((name) => isSet(service.env[name]))
  if (source === undefined) return []
  return [
    isHmac
      ? report.fail(
          'pair-algorithm',
          `the gateway signs with a secret (HS512), and ${service.folder.name} verifies with public keys: ${source} (${place})`,
          `"JWT_SECRET_NAME": "JWT_SECRET_NEW" in place of ${source} in ${place}, and the gateway's secret for it`,
        )
      : report.fail(
          'pair-algorithm',
          `the gateway signs with EdDSA, and ${service.folder.name} verifies with a secret (HS512): ${source} (${place})`,
          `"JWT_JWKS_SERVICE_NAME": "GATEWAY_KEYS" in place of ${source} in ${place}`,
        ),
  ]
}

function bindingFindings(system: System, service: WorkerView, name: string): readonly Finding[] {
  const binding = (service.config.services ?? []).find((one) => one.binding === name)
  // One that is not there is told by the kit.
  if (!binding) return []
  const gateway = system.gateway.config.name
  const place = placeOf(system, service)
  const right = JSON.stringify({ binding: name, service: gateway, entrypoint: ENTRYPOINT })
  if (binding.service !== gateway) {
    return [
      report.fail(
        'pair-keys-binding',
        `the binding ${name} of ${service.folder.name} (${place}) goes to ${shown(binding.service)}, and the gateway of env.${system.environment} is ${shown(gateway)}`,
        `${right} in ${place}`,
      ),
    ]
  }
  if (binding.entrypoint !== ENTRYPOINT) {
    const seen =
      binding.entrypoint === undefined
        ? 'has no "entrypoint"'
        : `has the entrypoint ${shown(binding.entrypoint)}`
    return [
      report.fail(
        'pair-keys-entrypoint',
        `the binding ${name} of ${service.folder.name} (${place}) ${seen}: keys are at ${ENTRYPOINT}`,
        `${right} in ${place}`,
      ),
    ]
  }
  return []
}

function urlFindings(system: System, service: WorkerView): readonly Finding[] {
  const [url, base] = [service.env.JWT_JWKS_URL, system.gateway.env.BASE_URL].map((text) =>
    typeof text === 'string' ? URL.parse(text) : null,
  )
  if (!url || url.host !== base?.host) return []
  const isPublic = system.reading.ok && system.reading.config.jwksPublic
  if (isPublic) return []
  return [
    report.fail(
      'pair-keys-url',
      `JWT_JWKS_URL (${placeOf(system, service)}) is at the gateway's own host, where the JWKS is 404 while JWKS_PUBLIC is not true`,
      `"JWKS_PUBLIC": "true" in ${placeOf(system, system.gateway)}, or a service binding to the entrypoint ${ENTRYPOINT}`,
    ),
  ]
}

/** HS512: the service holds the secret that the gateway signs with. Digests are compared, and nothing is shown. */
function secretFindings(system: System, service: WorkerView): readonly Finding[] {
  const { gateway } = system
  const audiences = namesOf(service.env.JWT_AUD)
  const place = placeOf(system, service)
  const names = namesOf(service.env.JWT_SECRET_NAME)
  if (!gateway.secrets || !service.secrets) return []
  const held = new Set(names.map((name) => digestOf(service.env[name])))
  return audiences.flatMap((audience) => {
    const [signing] = signingNames(system, audience)
    if (signing === undefined || !isSet(gateway.env[signing]) || held.has(digestOf(gateway.env[signing])))
      return []
    const file = service.file.replace('wrangler.jsonc', service.secrets?.file ?? '')
    return [
      report.fail(
        'pair-secret',
        `${listed(names, 'or')} of ${service.folder.name} (${file}) is not what the gateway signs with for ${shown(audience)}: ${signing}`,
        `give ${service.folder.name} the value of the gateway's ${signing}; its names are in JWT_SECRET_NAME (${place})`,
      ),
    ]
  })
}

function signingNames({ gateway, reading }: System, audience: string): readonly string[] {
  const own = reading.ok ? reading.config.secretsByAudience?.get(audience) : undefined
  return namesOf(own ?? gateway.env.JWT_SECRET_NAME)
}

/** Two spellings of the same bytes are one secret. */
function digestOf(text: unknown): string {
  const bytes = typeof text === 'string' ? secretBytes(text, 64) : ''
  return createHash('sha256')
    .update(typeof bytes === 'string' ? String(text) : bytes)
    .digest('hex')
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== ''
}
