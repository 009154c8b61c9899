import { parseArgs } from 'node:util'

import { startTenant, type Tenant, type TenantOptions } from './tenant.ts'

const HELP = `Usage: node packages/cli/src/dev/mock-idp/main.ts [options]

A mock IdP shaped like an Auth0 tenant, on this machine only. Prints one line of JSON when it is ready.

  --port <number>    port to listen on (default 8788; 0 takes any free one)
  --callback <url>   one more allowed callback URL; may be repeated
  --control          serve POST /__control, which makes it slow, broken or rotate its keys
  --help             show this
`

class UsageError extends Error {}

try {
  const options = readArguments(process.argv.slice(2))
  if (options === 'help') process.stdout.write(HELP)
  else await run(options)
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}

function readArguments(argv: readonly string[]): (TenantOptions & { readonly port: number }) | 'help' {
  const { values } = parse(argv)
  if (values.help) return 'help'
  const callbackUrls = values.callback ?? []
  const bad = callbackUrls.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
  if (bad !== undefined) throw new UsageError(`--callback ${bad}: not an http or https URL`)
  return { port: readPort(values.port), callbackUrls, control: values.control, showUsers: true }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '8788' },
        callback: { type: 'string', multiple: true },
        control: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unreadable arguments')
  }
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError(`--port ${text}: not a port number`)
  return port
}

async function run(options: TenantOptions & { readonly port: number }): Promise<void> {
  const tenant = await start(options)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void tenant.close())
  process.stdout.write(
    `${JSON.stringify({ ready: true, issuer: tenant.issuer, audience: tenant.audience })}\n`,
  )
}

async function start(options: TenantOptions & { readonly port: number }): Promise<Tenant> {
  try {
    return await startTenant(options)
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    throw taken ? new UsageError(`Port ${options.port} is taken: choose another with --port.`) : error
  }
}

/** One line for the user's own mistakes; everything that is known for others. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
