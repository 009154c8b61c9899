import type { SecretOrigin } from '../project/needed-secrets.ts'
import { hostOf, routesOf } from '../project/routes.ts'
import type { WorkerView } from '../project/worker-view.ts'
import type { DeployPlan } from './deploy-plan.ts'

const HOW: Readonly<Record<SecretOrigin, string>> = {
  'signing key': 'made now',
  'shared secret': 'made now',
  random: 'made now',
  'operator keys': 'of your key in .sealgate, made if there is none',
  given: 'you type it',
}

/** A plan in words, a line for each step. */
export function describePlan(plan: DeployPlan, environment: string): string {
  const steps = [
    ...plan.bootstraps.map(
      (view) =>
        `${nameOf(view)}: it is new, and goes first without services and routes, so that they can bind it`,
    ),
    ...plan.missing.flatMap(({ origin, because, targets }) =>
      targets.map(
        ({ view, name }) => `secret ${name} of ${view.folder.name}, for ${because}: ${HOW[origin]}`,
      ),
    ),
    ...plan.deploys.map((view) => `${nameOf(view)}${placesOf(view)}`),
    ...(plan.url === undefined
      ? []
      : [`a look at ${plan.url}: version, keys, and each pair of gateway and service`]),
  ]
  return [
    `Plan for ${environment}:`,
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    ...plan.notes.map((note) => `Note: ${note}`),
  ].join('\n')
}

function nameOf({ folder, name }: WorkerView): string {
  return folder.name === name ? name : `${folder.name} (${name})`
}

function placesOf({ config }: WorkerView): string {
  const hosts = new Set(routesOf(config).map(hostOf))
  return hosts.size === 0 ? '' : ` at ${[...hosts].join(', ')}`
}
