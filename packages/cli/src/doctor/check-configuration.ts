import { misspeltVariables, rejectEqualSecrets } from '@sealgate/gateway/config'
import { ConfigError, makeKit } from '@sealgate/kit'
import { isNearMiss } from '@sealgate/kit/gateway'
import { environmentOf } from './environment.ts'
import { expectedSecrets } from './expected-secrets.ts'
import { remedyFor } from './configuration-remedies.ts'
import { type Finding, reporterFor, shown } from './finding.ts'
import { misspeltOfKit } from './misspelt-of-kit.ts'
import { hasKitVariables, routedAudiences, takesTokens } from './routed-audiences.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('configuration')

/** Would the gateway and each service start? Their own reading says so. */
export async function checkConfiguration(system: System): Promise<readonly Finding[]> {
  const gateway = await gatewayFindings(system)
  return [
    ...(gateway.length > 0
      ? gateway
      : [report.ok('gateway-config', `the gateway accepts ${placeOf(system, system.gateway)}`)]),
    ...system.unreadable.map(({ file, problem, lacksEnvironment }) =>
      lacksEnvironment
        ? report.fail(
            'service-environment',
            problem,
            `add "${system.environment}" to "env" in ${file}: neither vars nor bindings are inherited`,
          )
        : report.fail('service-config', problem, `mend ${file}`),
    ),
    ...system.services.flatMap((service) => serviceFindings(system, service)),
  ]
}

async function gatewayFindings(system: System): Promise<readonly Finding[]> {
  const { gateway, reading, definitionProblem } = system
  if (definitionProblem !== undefined) {
    const file = gateway.file.replace('wrangler.jsonc', 'gateway.config.ts')
    return [
      report.fail('gateway-definition', `${file} cannot be loaded: ${definitionProblem}`, `mend ${file}`),
    ]
  }
  const misspelt = misspeltBoth(gateway).map(({ name, meant }) =>
    misspeltFinding(system, gateway, name, meant),
  )
  const problems = reading.ok ? await equalSecrets(gateway, reading.config) : problemsIn(reading.problem)
  return [
    ...misspelt,
    ...problems.map((problem) => problemFinding(system, gateway, 'gateway-config', problem)),
    ...(reading.ok ? kitFindings(system, gateway) : []),
  ]
}

async function equalSecrets(
  { env }: WorkerView,
  config: Parameters<typeof rejectEqualSecrets>[1],
): Promise<readonly string[]> {
  try {
    await rejectEqualSecrets(env, config)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return [error.message]
    throw error
  }
}

function serviceFindings(system: System, service: WorkerView): readonly Finding[] {
  const { name } = service.folder
  if (!takesTokens(system, service)) return []
  if (!hasKitVariables(service)) return [unseen(system, service)]
  const findings = kitFindings(system, service)
  return findings.length > 0
    ? findings
    : [report.ok('service-config', `${name} accepts ${placeOf(system, service)}`)]
}

/** A service that is sent tokens, and has no variable for them. */
function unseen(system: System, service: WorkerView): Finding {
  const place = placeOf(system, service)
  const [audience = ''] = routedAudiences(system, service).keys()
  const vars = { JWT_ISS: system.gateway.env.JWT_ISS, JWT_AUD: audience }
  return report.warn(
    'service-config',
    `${service.folder.name} (${place}) has no JWT_… variable, and routes send it tokens for ${audience}: unless its code has the settings, it verifies nothing`,
    `${JSON.stringify(vars)} in "vars" in ${place}, and where keys come from`,
  )
}

/** What the kit says of a Worker's variables. Slots have a group of their own. */
function kitFindings(system: System, worker: WorkerView): readonly Finding[] {
  const isGateway = worker === system.gateway
  const misspelt = misspeltOfKit(worker.env).map(({ name, meant }) =>
    misspeltFinding(system, worker, name, meant),
  )
  // Each audience has a kit of its own there, which the gateway makes.
  if (isGateway && worker.env.JWT_SECRETS_BY_AUDIENCE !== undefined) return misspelt
  try {
    // What signs has a group of its own, slot by slot: here the gateway's keys are good ones.
    makeKit(isGateway ? withPlaceholders(worker) : worker.env, { logLevel: 'off' })
    return misspelt
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const id = isGateway ? 'gateway-config' : 'service-config'
    return [...misspelt, problemFinding(system, worker, id, error.message)]
  }
}

function withPlaceholders({ config }: WorkerView): object {
  return environmentOf(
    config,
    undefined,
    expectedSecrets(config).map(({ name }) => name),
  )
}

/** Of the gateway's own variables, and of the secrets that are named as the team likes. */
function misspeltBoth(gateway: WorkerView): readonly { readonly name: string; readonly meant: string }[] {
  const found = [...misspeltVariables(gateway.env), ...misspeltSecrets(gateway)]
  return [...new Map(found.map((one) => [one.name, one])).values()]
}

/** Names in `.dev.vars` that are almost those of secrets that are missing there. */
function misspeltSecrets({
  secrets,
  config,
}: WorkerView): readonly { readonly name: string; readonly meant: string }[] {
  if (!secrets) return []
  const expected = expectedSecrets(config, secrets).map(({ name }) => name)
  return [...secrets.values.keys()].flatMap((name) => {
    if (expected.includes(name)) return []
    const meant = expected.find((one) => !secrets.values.has(one) && isNearMiss(name, one))
    return meant === undefined ? [] : [{ name, meant }]
  })
}

function misspeltFinding(system: System, worker: WorkerView, name: string, meant: string): Finding {
  const { file } = whereIs(system, worker, name)
  return report.fail(
    'misspelt-variable',
    `nobody reads ${name} (${file})`,
    `write ${meant} in place of ${name}`,
  )
}

/** What was wrong with several variables at once is said in one sentence each. */
function problemsIn(problem: string): readonly string[] {
  const parts = problem.split('; ')
  return parts.every((part) => /^[A-Z][A-Z0-9_]+[ .]/.test(part)) ? parts : [problem]
}

/** A problem of the gateway's or the kit's own words, which name their variable first. */
function problemFinding(system: System, worker: WorkerView, id: string, problem: string): Finding {
  const variable = /^[A-Z][A-Z0-9_]+/.exec(problem)?.[0]
  if (variable === undefined) {
    const file = placeOf(system, worker)
    return report.fail(
      id,
      `${worker.folder.name} (${file}): ${problem}`,
      remedyFor({ system, worker, variable: '', file, problem }),
    )
  }
  const { file, isSecret } = whereIs(system, worker, variable)
  const value = worker.config.vars[variable]
  const seen = isSecret || value === undefined || value === '' ? '' : ` is ${shown(value)}:`
  return report.fail(
    id,
    `${variable} (${file})${seen}${problem.slice(variable.length)}`,
    remedyFor({ system, worker, variable, file, problem }),
  )
}

/** What the definition says, unless a variable of this name replaces it. */
const IN_DEFINITION = ['AUDIENCES', 'ROUTES', 'CLIENTS']

/** Where a variable stands, or should. */
function whereIs(
  system: System,
  worker: WorkerView,
  variable: string,
): { readonly file: string; readonly isSecret: boolean } {
  if (IN_DEFINITION.includes(variable) && !(variable in worker.config.vars)) {
    return { file: worker.file.replace('wrangler.jsonc', 'gateway.config.ts'), isSecret: false }
  }
  if (worker.secrets?.values.has(variable) === true) {
    return { file: worker.file.replace('wrangler.jsonc', worker.secrets.file), isSecret: true }
  }
  return {
    file: placeOf(system, worker),
    isSecret: variable in worker.env && !(variable in worker.config.vars),
  }
}
