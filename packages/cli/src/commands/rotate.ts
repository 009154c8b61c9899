import { Command } from 'commander'
import { rotateInEmergency } from '../rotate/emergency.ts'
import { formatTime } from '../rotate/key-slots.ts'
import { rotate, type RotationReport } from '../rotate/planned.ts'
import { rotationWorkflow } from '../rotate/workflow.ts'
import type { Say } from '../terminal/say.ts'
import type { RunWrangler } from '../wrangler/run.ts'
import { environmentOf, withEnvironment } from './environment-argument.ts'
import { finish, type KeysFlags, keysWorld, withKeysFlags } from './keys-world.ts'
import { projectOf } from './project-option.ts'

/** `sealgate rotate`. */
export function rotateCommand(run: RunWrangler, say: Say): Command {
  return withKeysFlags(withEnvironment(new Command('rotate')))
    .summary('put a new signing key, and look until every service holds it')
    .description(
      'Puts a new key into the slot that does not sign, announces it to services before it signs, and looks until each of ' +
        'them holds it. A run after one that was interrupted goes on where that ended.',
    )
    .option('--activate-in <time>', 'from when it signs (default: 10m)')
    .option('--force', 'allow times too short to be safe', false)
    .option('--finish-rollout', 'take the newest version to all requests, with the key', false)
    .option('--emergency', 'a key has leaked: replace it and deny what it signed', false)
    .option('--leaked <kid>', 'with --emergency: which one (default: the one that signs)')
    .option('--workflow', 'print a GitHub workflow that rotates every month, and do nothing', false)
    .addHelpText(
      'after',
      '\nExamples:\n  sealgate rotate production\n  sealgate rotate production --emergency --leaked ed25519-1796000000\n' +
        '  sealgate rotate production --workflow > .github/workflows/rotate.yml\n',
    )
    .action(async (argument: string | undefined, flags: RotateFlags, command: Command) => {
      const { activateIn, force, finishRollout, dryRun: isDryRun, leaked: leakedKid } = flags
      if (flags.workflow) {
        process.stdout.write(rotationWorkflow(environmentOf(projectOf(command), argument, flags.env)))
        return
      }
      const world = keysWorld(command, argument, flags, run, say)
      if (flags.emergency) {
        const report = await rotateInEmergency({ leakedKid, finishRollout, isDryRun }, world)
        finish(report, flags, report.outcome)
        return
      }
      const report = await rotate({ activateIn, force, finishRollout, isDryRun }, world)
      finish(report, flags, describe(report))
    })
}

interface RotateFlags extends KeysFlags {
  readonly activateIn?: string
  readonly force: boolean
  readonly finishRollout: boolean
  readonly emergency: boolean
  readonly leaked?: string
  readonly workflow: boolean
}

function describe({ outcome, slot, kid, signsAt, nextRotationAt }: RotationReport): string {
  if (outcome === 'stopped') return 'Nothing was changed.'
  const times = `signs from ${formatTime(signsAt)}; the next rotation is allowed from ${formatTime(nextRotationAt)}`
  return `${outcome}: ${kid} in ${slot} ${times}`
}
