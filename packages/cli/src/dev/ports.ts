import { createServer } from 'node:net'
import { UsageError } from '../errors.ts'
import type { Say } from '../terminal/say.ts'
import type { DevPlan } from './dev-plan.ts'

/** The name of the mock IdP among the programs. The others have their folders' names. */
export const IDP = 'mock-idp'

/** The port of each program, by its name. */
export type Ports = ReadonlyMap<string, number>

/** What a person said about ports. */
export interface PortFlags {
  readonly gateway?: string
  readonly idp?: string
  /** `name=number` each. */
  readonly services: readonly string[]
}

/** A program, and how its port is chosen: by flag, else by variable, else by itself. */
interface Program {
  readonly name: string
  readonly flag: string
  readonly variable: string
  readonly given: string | undefined
}

/** The first port that is tried. */
const FIRST = 8787
const LAST = 65_535

/**
 * The ports to listen on. One that a person named is taken or fails; the others move up from 8787 until they are free, and it
 * is said which moved.
 *
 * @throws UsageError for what is no port, one named twice, one that is taken, and for a service that does not exist
 */
export async function choosePorts(
  plan: DevPlan,
  flags: PortFlags,
  env: Readonly<Record<string, string | undefined>>,
  say: Say,
): Promise<Ports> {
  const programs = programsOf(plan, flags, env)
  const ports = new Map<string, number>()
  for (const program of programs) {
    if (program.given === undefined) continue
    const port = readPort(program, program.given)
    if ([...ports.values()].includes(port)) throw new UsageError('Each program needs a port of its own.')
    if (!(await isFree(port))) {
      throw new UsageError(
        `Port ${port} is taken. Choose another for it: --${program.flag}, or set ${program.variable}.`,
      )
    }
    ports.set(program.name, port)
  }
  for (const [index, { name, given }] of programs.entries()) {
    if (given !== undefined) continue
    const usual = FIRST + index
    const port = await freePortFrom(usual, new Set(ports.values()))
    if (port !== usual) say(`Port ${usual} is taken: ${name} listens on ${port}.`)
    ports.set(name, port)
  }
  return ports
}

function programsOf(
  { gateway, services }: DevPlan,
  flags: PortFlags,
  env: Readonly<Record<string, string | undefined>>,
): readonly Program[] {
  const ofServices = new Map(flags.services.map((text) => serviceFlag(text, services)))
  const program = (name: string, flag: string, variable: string, flagged: string | undefined): Program => ({
    name,
    flag,
    variable,
    given: flagged ?? (env[variable] === '' ? undefined : env[variable]),
  })
  return [
    program(gateway.name, 'gateway-port <number>', 'GATEWAY_PORT', flags.gateway),
    program(IDP, 'idp-port <number>', 'IDP_PORT', flags.idp),
    ...services.map(({ name }) =>
      program(name, `service-port ${name}=<number>`, variableOf(name), ofServices.get(name)),
    ),
  ]
}

/** `my-reports` → `MY_REPORTS_PORT`. */
function variableOf(name: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_PORT`
}

function serviceFlag(text: string, services: DevPlan['services']): readonly [string, string] {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(at, 0))
  if (!services.some((service) => service.name === name)) {
    const names = services.map((service) => service.name).join(', ') || 'none'
    throw new UsageError(`--service-port takes <service>=<number>; the services are: ${names}.`)
  }
  return [name, text.slice(at + 1)]
}

function readPort({ flag, variable }: Program, text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > LAST) {
    throw new UsageError(`--${flag} (${variable}) must be a port from 1 to ${LAST}, not ${text}.`)
  }
  return port
}

async function freePortFrom(first: number, others: ReadonlySet<number>): Promise<number> {
  for (let port = first; port <= LAST; port++) {
    if (!others.has(port) && (await isFree(port))) return port
  }
  throw new Error(`there is no free port from ${first} on`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
