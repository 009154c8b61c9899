import { Command } from 'commander'
import { rollback } from '../rotate/go-back.ts'
import { shortId } from '../rotate/rollout-state.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { withEnvironment } from './environment-argument.ts'
import { finish, type KeysFlags, keysWorld, serveProblems, withKeysFlags } from './keys-world.ts'

/** `sealgate rollback`. */
export function rollbackCommand(run: RunWrangler, say: Say): Command {
  return withKeysFlags(withEnvironment(new Command('rollback')))
    .summary('bring an older version of the gateway back, if its keys still serve')
    .description(
      'Deploys an older version of the gateway to all requests. A version has its secrets with it, and so its keys: one whose ' +
        'key has leaked, or is no longer known to services, is rejected before it gets a request.',
    )
    .argument('[version]', 'its id, or how that begins (default: what was deployed to all before)')
    .option('--force', 'take a version that does not say what it holds', false)
    .addHelpText('after', '\nExample:\n  sealgate rollback production 1a2b3c4d\n')
    .action(
      async (
        argument: string | undefined,
        version: string | undefined,
        flags: RollbackFlags,
        command: Command,
      ) => {
        const world = keysWorld(command, argument, flags, run, say)
        const { dryRun: isDryRun, force } = flags
        const report = await rollback({ version, isDryRun, force }, world)
        const problems =
          report.outcome === 'rolled back'
            ? await serveProblems(command, argument, flags, report.to, say)
            : []
        const outcome = { ...report, ...(problems.length > 0 && { problem: problems.join('\n') }) }
        finish(outcome, flags, `${report.outcome}: ${shortId(report.to)}`)
      },
    )
}

interface RollbackFlags extends KeysFlags {
  readonly force: boolean
}
