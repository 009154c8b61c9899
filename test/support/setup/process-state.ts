/** What the files that share a process could leave each other: the environment, and what they replaced. */
export type ProcessState = Readonly<Record<string, unknown>>

const CONSOLE = ['debug', 'error', 'info', 'log', 'warn'] as const
const GLOBALS = ['Date', 'clearTimeout', 'crypto', 'fetch', 'setInterval', 'setTimeout'] as const

export function stateOfProcess(): ProcessState {
  return {
    ...Object.fromEntries(Object.entries(process.env).map(([name, value]) => [`env.${name}`, value])),
    ...Object.fromEntries(CONSOLE.map((name) => [`console.${name}`, valueOf(console, name)])),
    ...Object.fromEntries(GLOBALS.map((name) => [name, valueOf(globalThis, name)])),
    cwd: process.cwd(),
    exitCode: process.exitCode,
    umask: umask(),
    'stdout.write': valueOf(process.stdout, 'write'),
    'stderr.write': valueOf(process.stderr, 'write'),
  }
}

function valueOf(object: object, name: string): unknown {
  return Reflect.get(object, name)
}

/** It can only be read by setting it. */
function umask(): number {
  const before = process.umask(0o077)
  process.umask(before)
  return before
}

/** The names of what is not as it was. */
export function whatChanged(before: ProcessState, after: ProcessState): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name]).sort()
}

/** Takes back what would have tests of other files fail, too. */
export function restore(before: ProcessState): void {
  for (const name of Object.keys(process.env)) {
    if (!(`env.${name}` in before)) Reflect.deleteProperty(process.env, name)
  }
  for (const [name, value] of Object.entries(before)) {
    if (name.startsWith('env.')) process.env[name.slice('env.'.length)] = String(value)
  }
  process.chdir(String(before.cwd))
  process.umask(Number(before.umask))
}
