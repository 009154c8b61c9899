import { UsageError } from '../errors.ts'
import type { Project } from '../project/find-project.ts'
import { runningDevPorts } from '../project/running-dev.ts'
import { readWorkerConfig, type WorkerConfig } from '../project/worker-config.ts'

/** A gateway that was deployed, or that runs on this machine. */
export interface Deployment {
  readonly environment: string
  /** Its origin, without a trailing slash. */
  readonly url: string
  /** Its `JWT_ISS`: whom requests are signed for. */
  readonly issuer: string
}

/** Where `sealgate dev` listens, when it is not known to. */
const DEV_PORT = '8787'

/**
 * Where the gateway of an environment is: as given, else its custom domain or route, else its `BASE_URL`, else, in
 * development, this machine.
 *
 * @throws UsageError saying what to set
 */
export function deploymentOf(
  { gateway, root }: Pick<Project, 'gateway' | 'root'>,
  environment: string,
  given?: string,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Deployment {
  const config = readWorkerConfig(gateway.config, environment)
  const { JWT_ISS: issuer } = config.vars
  if (typeof issuer !== 'string' || issuer === '') {
    throw new UsageError(`${gateway.config} has no JWT_ISS in the "vars" of ${environment}: set it`)
  }
  const found = given ?? routeUrl(config) ?? textOf(config.vars.BASE_URL) ?? devUrl(config, root, variables)
  if (found !== undefined) return { environment, url: originOf(found), issuer }
  throw new UsageError(
    `Where is the gateway of ${environment}? ${gateway.config} has neither a route nor BASE_URL for it: set one, or --url <url>`,
  )
}

/** A custom domain before a route, and of routes those that name one host. */
function routeUrl({ route, routes = [] }: WorkerConfig): string | undefined {
  const all = [...(route === undefined ? [] : [route]), ...routes].map((one) =>
    typeof one === 'string' ? { pattern: one } : one,
  )
  const domains = all.filter((one) => 'custom_domain' in one && one.custom_domain)
  const hosts = [...domains, ...all].map(
    ({ pattern }) => pattern.replace(/^https?:\/\//, '').split('/', 1)[0],
  )
  const host = hosts.find((one) => one !== undefined && one !== '' && !one.includes('*'))
  return host === undefined ? undefined : `https://${host}`
}

function devUrl(
  { vars }: WorkerConfig,
  root: string,
  { GATEWAY_PORT }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const [port = DEV_PORT] = GATEWAY_PORT === undefined ? runningDevPorts(root) : [GATEWAY_PORT]
  return vars.WORKER_ENV === 'dev' ? `http://127.0.0.1:${port}` : undefined
}

/** @throws UsageError unless it is https, or on this machine: the request holds what it is about */
function originOf(text: string): string {
  const { protocol, hostname, origin } = URL.canParse(text)
    ? new URL(text)
    : { protocol: '', hostname: '', origin: '' }
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && isLocal)) return origin
  throw new UsageError(
    `${text} is not an https URL, such as https://app.example.com (http on this machine alone)`,
  )
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
