import { Command } from 'commander'
import type { Deployed } from '../doctor/check-deployment.ts'
import { diagnose, THIS_MACHINE } from '../doctor/diagnose.ts'
import { print } from '../doctor/print.ts'
import { SaidAlready } from '../errors.ts'
import { deploymentOf } from '../operator/deployment.ts'
import { openOperatorClient } from '../operator/open-client.ts'
import { unreadiness } from '../operator/ready.ts'
import type { Project } from '../project/find-project.ts'
import { colourFor } from '../terminal/colour.ts'
import { printableJson } from '../terminal/printable.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { environmentOf, withEnvironment } from './environment-argument.ts'
import { projectOf } from './project-option.ts'

/** `sealgate doctor`. */
export function doctorCommand(run: RunWrangler, say: Say): Command {
  return withEnvironment(new Command('doctor'), 'default dev')
    .summary('look for whatever would deny users, and say how to mend it')
    .description(
      'Looks at the tools, the configuration of the gateway and of each service, what each pair of them has to agree in, ' +
        'keys, secrets, the identity provider and Cloudflare, and says of each fault how to mend it. Changes nothing.',
    )
    .option(
      '--remote',
      'ask the deployed gateway too: its slots, and what each service does with its tokens',
      false,
    )
    .option('--url <url>', 'where that gateway is reached, in place of its route')
    .option('--json', 'print the findings as a JSON array', false)
    .addHelpText(
      'after',
      '\nExit code 1: there is a fault. Warnings alone are 0.\n\nExample:\n  sealgate doctor --env production --remote\n',
    )
    .action(async (argument: string | undefined, flags: DoctorFlags, command: Command) => {
      const { env, remote, url, json } = flags
      const project = projectOf(command)
      const isUnnamed = argument === undefined && env === undefined
      const environment = environmentOf(project, isUnnamed ? 'dev' : argument, env)
      say(`Looking at ${environment} …`)
      const deployed = remote || url !== undefined ? deployedAt(project, environment, url, say) : undefined
      const findings = await diagnose(project, environment, { ...THIS_MACHINE, run, deployed })
      process.stdout.write(
        json ? `${printableJson(findings)}\n` : print(findings, environment, colourFor(process.stdout)),
      )
      if (findings.some(({ status }) => status === 'fail')) throw new SaidAlready()
    })
}

/** @throws UsageError without an operator's key, or an address */
function deployedAt(project: Project, environment: string, given: string | undefined, say: Say): Deployed {
  const { url } = deploymentOf(project, environment, given)
  const client = openOperatorClient(project, environment, { url, say })
  return {
    url,
    health: () => client.health(),
    probe: () => client.probe(),
    unreadiness: () => unreadiness(url),
    get clockOffsetSeconds() {
      return client.clockOffsetSeconds
    },
  }
}

interface DoctorFlags {
  readonly env?: string
  readonly remote: boolean
  readonly url?: string
  readonly json: boolean
}
