import { Command } from 'commander'
import { diagnose, THIS_MACHINE } from '../doctor/diagnose.ts'
import { print } from '../doctor/print.ts'
import { SaidAlready } from '../errors.ts'
import { readEnvironment } from '../project/environments.ts'
import { colourFor } from '../terminal/colour.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { projectOf } from './project-option.ts'

/** `sealgate doctor`. */
export function doctorCommand(run: RunWrangler, say: Say): Command {
  return new Command('doctor')
    .summary('look for whatever would deny users, and say how to mend it')
    .description(
      'Looks at the tools, the configuration of the gateway and of each service, what each pair of them has to agree in,\n' +
        'keys, secrets, the identity provider and Cloudflare, and says of each fault how to mend it. Changes nothing.',
    )
    .option('--env <name>', 'an environment of the gateway’s wrangler.jsonc; default dev')
    .option('--json', 'print the findings as a JSON array', false)
    .addHelpText(
      'after',
      '\nExit code 1: there is a fault. Warnings alone are 0.\n\nExample:\n  sealgate doctor --env production\n',
    )
    .action(async ({ env, json }: { env?: string; json: boolean }, command: Command) => {
      const project = projectOf(command)
      const environment = readEnvironment(project, env ?? 'dev')
      say(`Looking at ${environment} …`)
      const findings = await diagnose(project, environment, { ...THIS_MACHINE, run })
      process.stdout.write(
        json
          ? `${JSON.stringify(findings, undefined, 2)}\n`
          : print(findings, environment, colourFor(process.stdout)),
      )
      if (findings.some(({ status }) => status === 'fail')) throw new SaidAlready()
    })
}
