import { namesOf } from '@sealgate/kit/gateway'
import { type NeededSecret, neededSecrets, type SecretOrigin } from '../project/needed-secrets.ts'
import type { WorkerView } from '../project/worker-view.ts'

/** A Worker and the names of its secrets at Cloudflare. */
export interface KnownSecrets {
  readonly view: WorkerView
  /** None where there is no such Worker. */
  readonly secrets: readonly string[]
}

/** A secret that is missing, and where it goes. */
export interface MissingSecret {
  readonly origin: SecretOrigin
  readonly because: string
  /** One value for all: a secret of HS512 is the gateway's and the service's. The gateway is the last. */
  readonly targets: readonly { readonly view: WorkerView; readonly name: string }[]
}

const OPERATORS: NeededSecret = {
  names: ['OPERATOR_KEYS'],
  origin: 'operator keys',
  because: 'the smoke test',
}

export interface SecretPlan {
  readonly missing: readonly MissingSecret[]
  /** What cannot be repaired by a new value, with what to do. */
  readonly problems: readonly string[]
}

/**
 * Which secrets an environment lacks.
 *
 * @param hasOperators whether somebody is to operate the gateway by requests
 */
export function planSecrets(
  gateway: KnownSecrets,
  services: readonly KnownSecrets[],
  hasOperators: boolean,
): SecretPlan {
  const missing: MissingSecret[] = []
  const problems: string[] = []
  /** Those that are there, or planned. */
  const present = new Map([gateway, ...services].map((one) => [one.view, new Set(one.secrets)]))
  const has = ({ view }: KnownSecrets, names: readonly string[]): boolean =>
    names.some((name) => present.get(view)?.has(name))
  const plan = (secret: NeededSecret, targets: MissingSecret['targets']): void => {
    missing.push({ origin: secret.origin, because: secret.because, targets })
    for (const { view, name } of targets) present.get(view)?.add(name)
  }

  const { config } = gateway.view
  const isInVars = config.vars.OPERATOR_KEYS !== undefined
  for (const secret of [...neededSecrets(config), ...(hasOperators && !isInVars ? [OPERATORS] : [])]) {
    const sharers = secret.origin === 'shared secret' ? sharersOf(secret, services) : []
    if (!has(gateway, secret.names)) {
      // The services first: as long as the gateway has none, nothing is signed with it, and it may be made anew.
      plan(secret, [
        ...sharers.map(({ service, name }) => ({ view: service.view, name })),
        { view: gateway.view, name: secret.names[0] },
      ])
      continue
    }
    for (const { service, names, name } of sharers) {
      if (has(service, names)) continue
      problems.push(
        `The gateway has ${secret.names[0]}, and ${service.view.folder.name} has none of ${names.join(', ')}: ` +
          'what is at Cloudflare cannot be read back. Put the same value to both: ' +
          `sealgate secrets ${gateway.view.environment} --worker ${service.view.folder.name} --file <path>, ` +
          `or make a new one: npx kit-keygen secret. It goes into ${name}.`,
      )
    }
  }
  for (const service of services) {
    for (const secret of neededSecrets(service.view.config)) {
      if (secret.origin === 'shared secret' || has(service, secret.names)) continue
      plan(secret, [{ view: service.view, name: secret.names[0] }])
    }
  }
  return { missing, problems }
}

interface Sharer {
  readonly service: KnownSecrets
  readonly names: readonly string[]
  /** Where a new value goes. */
  readonly name: string
}

/** The services that verify with a secret of the gateway. */
function sharersOf({ audience }: NeededSecret, services: readonly KnownSecrets[]): readonly Sharer[] {
  return services.flatMap((service): readonly Sharer[] => {
    const { vars } = service.view.config
    const names = namesOf(vars.JWT_SECRET_NAME)
    const [name] = names
    if (name === undefined) return []
    const isFor = audience === undefined || namesOf(vars.JWT_AUD).includes(audience)
    return isFor ? [{ service, names, name }] : []
  })
}
