import { putSecret } from './remedies.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

/** A problem in the words of gateway or kit, and where it was found. */
export interface Problem {
  readonly system: System
  readonly worker: WorkerView
  /** What it begins with. */
  readonly variable: string
  /** Where that stands, or should. */
  readonly file: string
  readonly problem: string
}

/**
 * What mends a problem of this form: a line to write, or a command. `undefined`: another row may know.
 *
 * @param found what the form's group matched
 */
type Remedy = (problem: Problem, found: string) => string | undefined

/** The first row that fits and knows what to write. */
const REMEDIES: readonly (readonly [form: RegExp, remedy: Remedy])[] = [
  [
    /^AUTH0_DOMAIN must be a host name/,
    ({ worker, file }) => domainLine(worker.config.vars.AUTH0_DOMAIN, file),
  ],
  [/did you mean ([\w-]+)\?/, ({ variable, file }, meant) => line(variable, meant, file)],
  [/^JWT_ISS is not set/, ({ system, file }) => line('JWT_ISS', text(system.gateway.env.JWT_ISS), file)],
  [
    /^JWT_AUD is not set/,
    ({ system, file }) => line('JWT_AUD', Object.keys(system.definition.audiences)[0], file),
  ],
  [
    /^JWT_JWKS_SERVICE_NAME names the binding (\w+)/,
    (problem, name) => bindingLine(problem, name, { entrypoint: 'Keys' }),
  ],
  [
    /^JWT_EXCHANGE_SERVICE_NAME names the binding (\w+)/,
    (problem, name) =>
      bindingLine(problem, name, { entrypoint: 'Exchange', props: { service: problem.worker.env.JWT_AUD } }),
  ],
  [
    /^JWT_DENYLIST_NAME names the binding (\w+)/,
    ({ file }, name) =>
      `npx wrangler kv namespace create ${name} prints its id: { "binding": "${name}", "id": "…" } in "kv_namespaces" in ${file}`,
  ],
  [
    /names the service (\w+), which is no service binding/,
    ({ system }, name) => {
      const service = system.services.find(({ config }) => !isBound(system, config.name))?.config.name
      return `{ "binding": "${name}", "service": "${service ?? '<the name of its Worker>'}" } in "services" in ${placeOf(system, system.gateway)}`
    },
  ],
  [/needs (RATE_LIMITER\w*)/, ({ system }, name) => limiterLine(system, name)],
  [
    /^no key to verify with|^no key to sign or to verify with/,
    (problem) =>
      `"JWT_JWKS_SERVICE_NAME": "GATEWAY_KEYS" in "vars" and ${bindingLine(problem, 'GATEWAY_KEYS', { entrypoint: 'Keys' })}`,
  ],
  [
    /which (?:is|are) not set: put the secret there with: npx wrangler secret put (\w+)/,
    ({ system, worker }, name) => putSecret(system, name, worker),
  ],
  [
    /is missing: npx wrangler secret put (\w+)/,
    ({ system, worker }, name) => putSecret(system, name, worker),
  ],
  [/ is required: set it to (.*)$/, ({ variable, file }, what) => `"${variable}": "…" in ${file}: ${what}`],
  [
    / is required in \w+: list (.*)$/,
    ({ variable, file }, what) => `"${variable}": "…" in ${file}: ${what}, with commas`,
  ],
  [/((?:npx|openssl) [^;:]*)$/, (_problem, command) => command],
]

export function remedyFor(problem: Problem): string {
  for (const [form, remedy] of REMEDIES) {
    const [whole, found = ''] = form.exec(problem.problem) ?? []
    const known = whole === undefined ? undefined : remedy(problem, found)
    if (known !== undefined) return known
  }
  const { variable, file } = problem
  return variable === '' ? `mend ${file}` : `mend ${variable} in ${file}`
}

function line(name: string, value: string | undefined, file: string): string | undefined {
  return value === undefined ? undefined : `"${name}": ${JSON.stringify(value)} in ${file}`
}

function domainLine(value: unknown, file: string): string | undefined {
  if (typeof value !== 'string') return undefined
  const host = URL.parse(value.includes('://') ? value : `https://${value}`)?.host
  return host === '' ? undefined : line('AUTH0_DOMAIN', host, file)
}

function bindingLine({ system, worker }: Problem, binding: string, more: object): string {
  const wanted = { binding, service: system.gateway.config.name, ...more }
  return `${JSON.stringify(wanted)} in "services" in ${placeOf(system, worker)}`
}

/** A limiter as wrangler.jsonc has it. */
export function limiterLine(system: System, name: string): string {
  const limit = name.endsWith('PASSWORD') ? 10 : 60
  return `{ "name": "${name}", "namespace_id": "<a number of its own>", "simple": { "limit": ${limit}, "period": 60 } } in "ratelimits" in ${placeOf(system, system.gateway)}`
}

function isBound({ gateway }: System, name: string | undefined): boolean {
  return (gateway.config.services ?? []).some(({ service }) => service === name)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
