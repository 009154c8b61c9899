import type { Revocation } from '@sealgate/kit'
import { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { openOperatorClient } from '../operator/open-client.ts'
import { readSecret } from '../terminal/read-secret.ts'
import type { Say } from '../terminal/say.ts'
import { environmentOf, withEnvironment } from './environment-argument.ts'
import { projectOf } from './project-option.ts'

interface RevokeFlags {
  readonly env?: string
  readonly url?: string
  readonly sub?: string
  readonly jti?: string
  readonly thumbprint?: string
  readonly session: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

/** What a revocation is of, in words. */
const WORDS = { sub: 'the subject', jti: 'the token', thumbprint: 'the key', session: 'the session' } as const

/** `sealgate revoke`. */
export function revokeCommand(say: Say): Command {
  return withEnvironment(new Command('revoke'))
    .summary('end what a user, a token, a key or a session may do')
    .description(
      'Puts a subject, a token or a key on the deny-list of a deployment, or ends a session. It holds everywhere after about ' +
        '90 s, and cannot be taken back. A subject is revoked up to now: its sessions, tokens and whatever comes of them end; ' +
        'a new login is another. A session is named by its cookie alone: where that is not at hand, revoke the subject.',
    )
    .option('--sub <sub>', 'a user or machine, as in the claim sub: auth0|64c…')
    .option('--jti <jti>', 'one internal token, by its claim jti')
    .option('--thumbprint <thumbprint>', 'a signing key (RFC 7638): all that it signed')
    .option('--session', 'one session: the value of its cookie comes on stdin', false)
    .option('--url <url>', 'where the gateway is (default: by its wrangler.jsonc)')
    .option('--dry-run', 'look whether it could be done, and do nothing', false)
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      "\nExamples:\n  sealgate revoke production --sub 'auth0|64c0ffee'\n  sealgate revoke production --session < cookie.txt\n",
    )
    .action(async (argument: string | undefined, flags: RevokeFlags, command: Command) => {
      const kind = kindOf(flags)
      const project = projectOf(command)
      const environment = environmentOf(project, argument, flags.env)
      const client = openOperatorClient(project, environment, { url: flags.url, say })
      const value = kind === 'session' ? cookieValue(await readSecret('session cookie')) : (flags[kind] ?? '')
      const { settings } = flags.dryRun ? await client.health() : {}
      if (settings?.hasDenylist === false && kind !== 'session') {
        throw new Error(`${environment} has no deny-list: set JWT_DENYLIST_NAME in every wrangler.jsonc`)
      }
      if (!flags.dryRun) await client.revoke({ [kind]: value } as Revocation)
      const named = kind === 'session' ? WORDS.session : `${WORDS[kind]} ${value}`
      const result = { environment, revoked: !flags.dryRun, kind, ...(kind !== 'session' && { value }) }
      const text = flags.dryRun
        ? `${named} would be revoked at ${environment}.`
        : `${named} is revoked at ${environment}.${kind === 'session' ? '' : ' It holds everywhere after about 90 s.'}`
      process.stdout.write(`${flags.json ? JSON.stringify(result) : text}\n`)
    })
}

function kindOf({ sub, jti, thumbprint, session }: RevokeFlags): keyof typeof WORDS {
  const given = Object.entries({ sub, jti, thumbprint, session: session || undefined }).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  const [first, ...others] = given.map(([kind]) => kind as keyof typeof WORDS)
  if (first !== undefined && others.length === 0) return first
  throw new UsageError('Say one of --sub, --jti, --thumbprint and --session')
}

/** `name=value` is what browsers show, and what many copy. */
function cookieValue(text: string): string {
  const [pair = ''] = text.split(';', 1)
  return pair.slice(pair.indexOf('=') + 1).trim()
}
