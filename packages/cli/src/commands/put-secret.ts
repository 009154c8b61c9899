/**
 * `kit-keygen --private | npm run secret:put GATEWAY_PRIVATE_B`: sets a secret of the gateway that `npm start`
 * runs, where `wrangler secret put` would set that of a deployed one.
 */
import { text } from 'node:stream/consumers'
import { problemWith, putSecret, readSecrets } from '../dev/dev-secrets.ts'

const USAGE = `Usage: npx kit-keygen --kid=ID --private | npm run --silent secret:put NAME

Sets a secret of the gateway that npm start runs. npm run slots says which slot to overwrite.
`

const [name, ...more] = process.argv.slice(2)
if (name === '--help') {
  process.stdout.write(USAGE)
} else {
  const value = process.stdin.isTTY ? '' : (await text(process.stdin)).trim()
  if (name === undefined || more.length > 0 || value === '') {
    process.stderr.write(USAGE)
    process.exitCode = 2
  } else {
    const problem = problemWith(name, value, readSecrets())
    if (problem === undefined) putSecret(name, value)
    else process.exitCode = 1
    process.stderr.write(
      `${problem ?? `${name} is set; a running npm start takes it over within seconds.`}\n`,
    )
  }
}
