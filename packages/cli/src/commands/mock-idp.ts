import { Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../errors.ts'
import { callbackOption } from './callback-option.ts'
import { startTenant, type Tenant, type TenantOptions } from '../dev/mock-idp/tenant.ts'

/** `sealgate mock-idp`: the mock IdP alone. */
export function mockIdpCommand(): Command {
  return new Command('mock-idp')
    .summary('run the mock IdP alone')
    .description(
      'Runs a mock IdP shaped like an Auth0 tenant, on this machine only. Prints one line of JSON when it is ready.',
    )
    .option('--port <number>', 'port to listen on; 0 is any free one', readPort, 8788)
    .addOption(callbackOption('one more allowed callback URL'))
    .option('--control', 'serve POST /__control, which makes it slow, broken or rotate its keys', false)
    .addHelpText('after', '\nExample:\n  sealgate mock-idp --port 9000\n')
    .action(async ({ port, callback, control }: { port: number; callback: string[]; control: boolean }) => {
      await run({ port, callbackUrls: callback, control, showUsers: true })
    })
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is not a port number.')
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
