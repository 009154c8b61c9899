import { runCommand } from '../command.ts'
import { EVERY_ENVIRONMENT } from '../project/workers.ts'
import { wranglerWith } from '../wrangler/wrangler.ts'

await runCommand(
  'Usage: npm run workers\n\nBundles every environment of every Worker as a deploy would, and prints the sizes.\n',
  (argv) => (argv.includes('--help') ? 'help' : EVERY_ENVIRONMENT),
  async (all, say) => {
    const run = wranglerWith()
    for (const { name, config, env } of all) {
      const { code, stdout, stderr } = await run(['deploy', '--dry-run', '--config', config, '--env', env])
      if (code !== 0) throw new Error(`${name} (${env}) failed:\n${stderr || stdout}`)
      const size = /Total Upload: (.*)/.exec(stdout)?.[1] ?? 'size unknown'
      say(`${name} ${env === '' ? 'production' : env}: ${size}`)
    }
  },
)
