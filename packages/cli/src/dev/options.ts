import { parseArgs } from 'node:util'

/** Ports of the three programs. */
export interface Ports {
  readonly gateway: number
  readonly auth0: number
  readonly consumer: number
}

export interface StartOptions {
  readonly ports: Ports
  readonly isVerbose: boolean
}

/** A mistake of the user's: one line says what to do. */
export class UsageError extends Error {}

export const HELP = `Usage: npm start -- [options]

Starts the mock IdP, the gateway and the consumer on this machine, and stops them on Ctrl-C.

  --gateway-port <number>    default 8787, or GATEWAY_PORT
  --auth0-port <number>      default 8788, or AUTH0_PORT
  --consumer-port <number>   default 8789, or CONSUMER_PORT
  --verbose                  show what the programs print
  --help                     show this
`

/** Each program: its flag, its variable, its port unless either says otherwise. */
export const PROGRAMS = {
  gateway: { flag: 'gateway-port', variable: 'GATEWAY_PORT', port: 8787 },
  auth0: { flag: 'auth0-port', variable: 'AUTH0_PORT', port: 8788 },
  consumer: { flag: 'consumer-port', variable: 'CONSUMER_PORT', port: 8789 },
} as const

/** @throws UsageError for what is no option or no port */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartOptions | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  const portOf = (program: keyof typeof PROGRAMS): number => {
    const { flag, variable, port } = PROGRAMS[program]
    const given = values[flag] ?? env[variable]
    return given === undefined || given === '' ? port : readPort(given, flag, variable)
  }
  const ports = { gateway: portOf('gateway'), auth0: portOf('auth0'), consumer: portOf('consumer') }
  if (new Set(Object.values(ports)).size < 3) throw new UsageError('Each program needs a port of its own.')
  return { ports, isVerbose: values.verbose }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'gateway-port': { type: 'string' },
        'auth0-port': { type: 'string' },
        'consumer-port': { type: 'string' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'unreadable arguments'
    throw new UsageError(`${problem}. See: npm start -- --help`)
  }
}

function readPort(text: string, flag: string, variable: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new UsageError(`--${flag} (${variable}) must be a port from 1 to 65535, not ${text}.`)
  }
  return port
}
