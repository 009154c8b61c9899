import { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { bareToken, describeReport, describeUnverified, readUnverified } from '../operator/describe-token.ts'
import { openOperatorClient } from '../operator/open-client.ts'
import { printableJson } from '../terminal/printable.ts'
import { readSecret } from '../terminal/read-secret.ts'
import type { Say } from '../terminal/say.ts'
import { environmentOf, withEnvironment } from './environment-argument.ts'
import { projectOf } from './project-option.ts'

interface WhoisFlags {
  readonly env?: string
  readonly url?: string
  readonly json: boolean
}

/** `sealgate whois`. */
export function whoisCommand(say: Say): Command {
  return withEnvironment(new Command('whois'))
    .summary('say whose a token is, and what a deployment makes of it')
    .description(
      'Reads a token from stdin, or prompts for it, and shows what it says of itself. With an environment it asks the gateway ' +
        'there too: whether it takes the token, with every rule, by which key, and for a token of Auth0 what the exchange ' +
        'would grant. A token is a secret: it is no argument, and the deployment logs nothing of it.',
    )
    .option('--url <url>', 'where the gateway is (default: by its wrangler.jsonc)')
    .option('--json', 'print the report as JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  sealgate whois < token.txt\n  sealgate whois --env production < token.txt\n',
    )
    .action(async (argument: string | undefined, flags: WhoisFlags, command: Command) => {
      rejectToken(argument)
      const wantsDeployment = argument !== undefined || flags.env !== undefined
      const project = wantsDeployment ? projectOf(command) : undefined
      const environment = project && environmentOf(project, argument, flags.env)
      const client =
        project && environment !== undefined
          ? openOperatorClient(project, environment, { url: flags.url, say })
          : undefined
      const token = bareToken(await readSecret('token'))
      const { header, payload, ...unverified } = readUnverified(token)
      const report = await client?.whois(token)
      if (flags.json) {
        const result = { unverified: { header, payload }, ...(report && { environment, deployment: report }) }
        process.stdout.write(`${printableJson(result)}\n`)
        return
      }
      const lines = [
        ...describeUnverified({ ...unverified, header, payload }, Date.now() / 1000),
        ...(report ? ['', ...describeReport(environment ?? '', report)] : []),
      ]
      process.stdout.write(`${lines.join('\n')}\n`)
    })
}

/** @throws UsageError without quoting it */
function rejectToken(argument: string | undefined): void {
  if (argument === undefined || argument.split('.').length !== 3) return
  throw new UsageError(
    'A token is a secret, and an argument is in the shell’s history and in every list of processes: give it on stdin, ' +
      'for example sealgate whois < token.txt',
  )
}
