import { UsageError } from '../errors.ts'

/** Ports of the three programs. */
export interface Ports {
  readonly gateway: number
  readonly auth0: number
  readonly consumer: number
}

/** How the development system is run. */
export interface DevOptions {
  readonly ports: Ports
  readonly isVerbose: boolean
}

/** Each program: its flag, its variable, its port unless either says otherwise. */
export const PROGRAMS = {
  gateway: { flag: 'gateway-port', variable: 'GATEWAY_PORT', port: 8787 },
  auth0: { flag: 'auth0-port', variable: 'AUTH0_PORT', port: 8788 },
  consumer: { flag: 'consumer-port', variable: 'CONSUMER_PORT', port: 8789 },
} as const

/** What a person said about the ports, by flag. */
export type PortFlags = Readonly<Partial<Record<keyof Ports, string>>>

/**
 * The ports to listen on: by flag, else by variable, else the usual ones.
 *
 * @throws UsageError for what is no port, and for one port given twice
 */
export function readPorts(flags: PortFlags, env: Readonly<Record<string, string | undefined>>): Ports {
  const portOf = (program: keyof Ports): number => {
    const { flag, variable, port } = PROGRAMS[program]
    const given = flags[program] ?? env[variable]
    return given === undefined || given === '' ? port : readPort(given, flag, variable)
  }
  const ports = { gateway: portOf('gateway'), auth0: portOf('auth0'), consumer: portOf('consumer') }
  if (new Set(Object.values(ports)).size < 3) throw new UsageError('Each program needs a port of its own.')
  return ports
}

function readPort(text: string, flag: string, variable: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new UsageError(`--${flag} (${variable}) must be a port from 1 to 65535, not ${text}.`)
  }
  return port
}
