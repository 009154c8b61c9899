import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { problemWith, putSecret, readSecrets } from '../dev/dev-secrets.ts'
import { UsageError } from '../errors.ts'
import type { Say } from '../terminal/say.ts'

/** `sealgate secret-put`: for the development system what `wrangler secret put` is for a deployed one. */
export function secretPutCommand(say: Say): Command {
  return new Command('secret-put')
    .summary('set a secret of the gateway that runs in development')
    .description(
      'Sets a secret of the gateway that sealgate dev runs, from stdin. sealgate slots says which slot to overwrite.',
    )
    .argument('<name>', 'the secret, for example GATEWAY_PRIVATE_B')
    .addHelpText(
      'after',
      '\nExample:\n  npx kit-keygen --kid=ID --private | npm run --silent secret:put GATEWAY_PRIVATE_B\n',
    )
    .action(async (name: string) => {
      const value = process.stdin.isTTY ? '' : (await text(process.stdin)).trim()
      if (value === '') {
        throw new UsageError(
          'There is no secret on stdin. For example: npx kit-keygen --kid=ID --private | npm run --silent secret:put NAME',
        )
      }
      const problem = problemWith(name, value, readSecrets())
      if (problem !== undefined) throw new Error(problem)
      putSecret(name, value)
      say(`${name} is set; a running npm start takes it over within seconds.`)
    })
}
