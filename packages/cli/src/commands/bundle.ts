import { Command } from 'commander'
import { environmentsOf } from '../project/environments.ts'
import { projectOf } from './project-option.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'

/** `sealgate bundle`: what a deploy would upload. */
export function bundleCommand(run: RunWrangler, say: Say): Command {
  return new Command('bundle')
    .summary('bundle every environment of every Worker, and print the sizes')
    .description('Bundles every environment of every Worker as a deploy would, and prints the sizes.')
    .option('--json', 'print the sizes as JSON', false)
    .addHelpText('after', '\nExample:\n  sealgate bundle\n')
    .action(async ({ json }: { json: boolean }, command: Command) => {
      const { gateway, services } = projectOf(command)
      const targets = [gateway, ...services].flatMap((worker) =>
        environmentsOf(worker).map((env) => ({ ...worker, env })),
      )
      const bundles: { worker: string; environment: string; size: string }[] = []
      for (const { name, config, env } of targets) {
        const { code, stdout, stderr } = await run(['deploy', '--dry-run', '--config', config, '--env', env])
        if (code !== 0) throw new Error(`${name} (${env}) failed:\n${stderr || stdout}`)
        const size = /Total Upload: (.*)/.exec(stdout)?.[1] ?? 'size unknown'
        say(`${name} ${env}: ${size}`)
        bundles.push({ worker: name, environment: env, size })
      }
      if (json) process.stdout.write(`${JSON.stringify(bundles, undefined, 2)}\n`)
    })
}
