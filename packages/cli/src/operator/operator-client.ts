import {
  type DeploymentHealth,
  OPERATOR_PATH,
  OPERATOR_TOKEN,
  type Probed,
  type TokenReport,
} from '@sealgate/gateway/config'
import { createKit, type Revocation } from '@sealgate/kit'
import type { Deployment } from './deployment.ts'
import type { OperatorKey } from './operator-key.ts'
import { OperatorError, rejectionError } from './operator-error.ts'

/** How long an operation may take, in milliseconds: a probe waits for every service. */
const TIMEOUT_MS = 30_000

/** A clock that is off by less is not worth a word, in seconds. The gateway allows ten. */
const CLOCK_TOLERANCE_SECONDS = 5

export interface OperatorClientOptions {
  readonly deployment: Deployment
  readonly key: OperatorKey
  /** Hears that the clock of this machine is off. */
  readonly say: (text: string) => void
  /** Default: the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** Seconds since the epoch. Default: the clock of this machine. */
  readonly now?: () => number
}

/** Headers for one call, such as `Cloudflare-Workers-Version-Overrides`. */
export type CallHeaders = Readonly<Record<string, string>>

/** What is requested, and its parameters. */
export type Operation = Readonly<Record<string, unknown>> & { readonly operation: string }

/** What {@link OperatorClient.whois} returns. */
export type Whois = TokenReport & { readonly version?: DeploymentHealth['version'] }

/**
 * Operates a deployment by `POST /operator`. Each request is signed by itself; when this machine's clock is off, it is set
 * by the server's once.
 */
export class OperatorClient {
  readonly #options: OperatorClientOptions
  readonly #now: () => number
  /** How far the server's clock is ahead of this machine's, in seconds; 0 while they agree. */
  #offset = 0
  #measured: number | undefined

  constructor(options: OperatorClientOptions) {
    this.#options = options
    this.#now = options.now ?? (() => Date.now() / 1000)
  }

  /** How far the server's clock is ahead of this machine's, in whole seconds; `undefined` before a response said. */
  get clockOffsetSeconds(): number | undefined {
    return this.#measured
  }

  /** @throws OperatorError */
  async health(headers?: CallHeaders): Promise<DeploymentHealth> {
    return this.request<DeploymentHealth>({ operation: 'health' }, headers)
  }

  /** What each service does with the gateway's tokens, and with forged ones. @throws OperatorError */
  async probe(headers?: CallHeaders): Promise<readonly Probed[]> {
    const { services } = await this.request<{ readonly services: readonly Probed[] }>(
      { operation: 'probe' },
      headers,
    )
    return services
  }

  /** @throws OperatorError */
  async revoke(revocation: Revocation | { readonly session: string }): Promise<void> {
    await this.request({ operation: 'revoke', ...revocation })
  }

  /** @throws OperatorError */
  async whois(token: string): Promise<Whois> {
    return this.request<Whois>({ operation: 'whois', token })
  }

  /**
   * Any operation.
   *
   * @throws OperatorError saying what to do
   */
  async request<Result>(operation: Operation, headers: CallHeaders = {}): Promise<Result> {
    const response = await this.#send(operation, headers)
    if (response.status !== 401 || !this.#setClock()) return this.#read<Result>(response)
    return this.#read<Result>(await this.#send(operation, headers))
  }

  async #send(operation: object, headers: CallHeaders): Promise<Response> {
    const { deployment, fetch: send = fetch } = this.#options
    const url = `${deployment.url}${OPERATOR_PATH}`
    const body = JSON.stringify(operation)
    const token = await this.#sign(new Request(url, { method: 'POST', body }))
    const request = new Request(url, {
      method: 'POST',
      body,
      headers: { ...headers, Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const started = this.#now()
    const response = await send(request).catch((error: unknown) => {
      throw new OperatorError(`${url} cannot be reached: ${reasonOf(error)}`, { code: 'unreachable' })
    })
    this.#measure(response, (started + this.#now()) / 2)
    return response
  }

  #sign(request: Request): Promise<string> {
    const { deployment, key } = this.#options
    const { issuer, typ, maxTtlSeconds } = OPERATOR_TOKEN
    const kit = createKit({
      issuer,
      audience: deployment.issuer,
      sign: { privateJwk: key.privateJwk },
      now: () => this.#now() + this.#offset,
    })
    return kit.sign({ sub: key.kid }, { request, typ, ttlSeconds: maxTtlSeconds })
  }

  /** @param at when the response was made, by this machine's clock */
  #measure({ headers }: Response, at: number): void {
    const date = Date.parse(headers.get('Date') ?? '')
    if (!Number.isNaN(date)) this.#measured = Math.round(date / 1000 - at)
  }

  /** Goes by the server's clock from now on. `false`: the clocks agree, or that was done before. */
  #setClock(): boolean {
    const offset = this.#measured ?? 0
    if (this.#offset !== 0 || Math.abs(offset) <= CLOCK_TOLERANCE_SECONDS) return false
    this.#offset = offset
    const direction = offset > 0 ? 'behind' : 'ahead of'
    this.#options.say(
      `This machine's clock is ${Math.abs(offset)} s ${direction} the gateway's: going by the gateway's. Set it.`,
    )
    return true
  }

  async #read<Result>(response: Response): Promise<Result> {
    const { deployment, key } = this.#options
    const { status } = response
    const body: unknown = await response.json().catch(() => undefined)
    const members =
      typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
    if (status === 200 && typeof members.operation === 'string') return members as Result
    const { error, error_description: description, request_id: requestId } = members
    throw rejectionError({
      url: deployment.url,
      kid: key.kid,
      status,
      code: typeof error === 'string' && status !== 200 ? error : 'no_gateway',
      ...(typeof description === 'string' && { description }),
      ...(typeof requestId === 'string' && { requestId }),
    })
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no response within ${TIMEOUT_MS / 1000} s`
  return error.cause instanceof Error ? error.cause.message : error.message
}
