/**
 * `kit-keygen --private | npm run secret:put GATEWAY_PRIVATE_B`: sets a secret of the gateway that `npm start`
 * runs, where `wrangler secret put` would set that of a deployed one.
 */
import { text } from 'node:stream/consumers'
import { putSecret } from './dev-secrets.ts'

const [name] = process.argv.slice(2)
const value = process.stdin.isTTY ? '' : (await text(process.stdin)).trim()
if (name === undefined || !/^[A-Z][A-Z0-9_]*$/.test(name) || value === '') {
  process.stderr.write('Usage: npx kit-keygen --kid=ID --private | npm run --silent secret:put NAME\n')
  process.exitCode = 2
} else {
  putSecret(name, value)
  process.stderr.write(`${name} is set; a running npm start takes it over within seconds.\n`)
}
