import { runCommand } from '../command.ts'
import { deploy, HELP, readDeployOptions } from './deployment.ts'
import { wranglerWith } from '../wrangler/wrangler.ts'

await runCommand(HELP, readDeployOptions, (options, say) => deploy(options, wranglerWith(), say))
