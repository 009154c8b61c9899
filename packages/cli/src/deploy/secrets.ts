import { runCommand } from '../command.ts'
import { HELP, readSecretsOptions, uploadSecrets } from './upload.ts'
import { wranglerWith } from '../wrangler/wrangler.ts'

await runCommand(HELP, readSecretsOptions, (options, say) => uploadSecrets(options, wranglerWith(), say))
