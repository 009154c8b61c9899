import type { Context } from 'oidc-provider'

import type { Control } from './control.ts'
import { answer, type Answer } from './errors.ts'
import { parseObject, readText } from './body.ts'

const CONTROL_PATH = '/__control'
const MAX_BODY_BYTES = 64 * 1024

type Arguments = Readonly<Record<string, unknown>>
type Command = (control: Control, args: Arguments) => unknown

/** The commands by name: `{ "command": "slow", "ms": 100, "path": "/oauth/token" }`. */
const COMMANDS: Readonly<Record<string, Command>> = {
  slow: (control, args) => control.slow(numberOf(args, 'ms') ?? Number.NaN, stringOf(args, 'path')),
  down: (control, args) => control.down(numberOf(args, 'status'), stringOf(args, 'path')),
  html: (control, args) => control.html(numberOf(args, 'status'), stringOf(args, 'path')),
  truncated: (control, args) => control.truncated(stringOf(args, 'path')),
  hangUp: (control, args) => control.hangUp(stringOf(args, 'path')),
  rotateSigningKey: (control) => control.rotateSigningKey(),
  revokeKeys: (control) => control.revokeKeys(),
  requests: (control, args) => control.requests(stringOf(args, 'path')),
  forwardedFor: (control) => control.forwardedFor(),
  block: (control, args) => control.block(stringOf(args, 'sub') ?? ''),
  issue: (control, args) =>
    control.issue({ ...objectOf(args, 'claims'), ...omitted(args) }, objectOf(args, 'header')),
  reset: (control) => control.reset(),
}

/**
 * Koa middleware: the control object for tests in another process. Only JSON is taken, and nothing that a web page
 * sends, so that no site which the developer visits can reach it.
 */
export function controlRoute(control: Control) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    if (ctx.path !== CONTROL_PATH) return next()
    answer(ctx, denial(ctx) ?? (await run(control, (await readText(ctx.req, MAX_BODY_BYTES)) ?? '')))
  }
}

function denial(ctx: Context): Answer | undefined {
  if (ctx.method !== 'POST') return reject(405, 'use POST')
  if (ctx.get('origin') !== '') return reject(403, 'not for browsers')
  if (!/^application\/json\b/i.test(ctx.get('content-type'))) return reject(415, 'send application/json')
  return undefined
}

async function run(control: Control, text: string): Promise<Answer> {
  const args = parseObject(text) ?? {}
  const command = COMMANDS[stringOf(args, 'command') ?? '']
  if (command === undefined) return reject(400, `command must be one of ${Object.keys(COMMANDS).join(', ')}`)
  try {
    const result = await command(control, args)
    return { status: 200, body: result === undefined ? { ok: true } : { ok: true, result } }
  } catch (error) {
    if (error instanceof RangeError) return reject(400, error.message)
    throw error
  }
}

const reject = (status: number, error: string): Answer => ({ status, body: { ok: false, error } })

const numberOf = (args: Arguments, name: string): number | undefined =>
  typeof args[name] === 'number' ? args[name] : undefined

const stringOf = (args: Arguments, name: string): string | undefined =>
  typeof args[name] === 'string' ? args[name] : undefined

function objectOf(args: Arguments, name: string): Record<string, unknown> {
  const value = args[name]
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** JSON has no `undefined`: the claims to leave out are listed as `omit`. */
function omitted(args: Arguments): Record<string, undefined> {
  const names: readonly unknown[] = Array.isArray(args['omit']) ? args['omit'] : []
  return Object.fromEntries(names.filter((name) => typeof name === 'string').map((name) => [name, undefined]))
}
