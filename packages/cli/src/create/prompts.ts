import { basename, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { CANCEL_SYMBOL, confirm, intro, select, text } from '@clack/prompts'
import { UsageError } from '../errors.ts'
import {
  type Algorithm,
  ALGORITHMS,
  type Choices,
  DEFAULTS,
  EXTRA_NAMES,
  type ExtraName,
  EXTRAS,
  forExtras,
  problemWithName,
} from './choices.ts'

/** What was said on the command line; the rest is prompted for. */
export type Given = { readonly [Member in keyof Choices]?: Choices[Member] | undefined }

/** Where keys come from, and where prompts are shown. */
export interface Terminal {
  readonly input: Readable
  readonly output: Writable
}

const TERMINAL: Terminal = { input: process.stdin, output: process.stderr }

/** The flags that stand for a prompt. */
const FLAGS: Readonly<Record<'service' | 'algorithm' | ExtraName, string>> = {
  service: '--service or --no-service',
  algorithm: `--algorithm ${ALGORITHMS.join('|')}`,
  ...forExtras((name) => `--${name} or --no-${name}`),
}

/** The choices without a prompt: what was given, and the defaults. */
export function withDefaults(name: string, given: Given): Choices {
  return {
    name,
    service: given.service ?? DEFAULTS.service,
    algorithm: given.algorithm ?? DEFAULTS.algorithm,
    ...forExtras((extra) => given[extra] ?? DEFAULTS[extra]),
    installer: given.installer ?? DEFAULTS.installer,
  }
}

/** The flags that are missing where there is no terminal; empty when all is said. A gateway alone needs fewer. */
export function missingFlags(given: Given): readonly string[] {
  const needed: readonly (keyof typeof FLAGS)[] =
    given.service === false ? ['algorithm'] : ['service', 'algorithm', ...EXTRA_NAMES]
  return needed.filter((member) => given[member] === undefined).map((member) => FLAGS[member])
}

/** Prompts for a folder. @throws UsageError when the user stops */
export async function promptForFolder(terminal = TERMINAL): Promise<string> {
  intro('A gateway of your own', terminal)
  return entered(
    await text({
      message: 'Where? A folder that is new or empty',
      placeholder: 'my-system',
      defaultValue: 'my-system',
      validate: (path) =>
        problemWithName(basename(resolve(path === '' || path === undefined ? 'my-system' : path))),
      ...terminal,
    }),
  )
}

/** Prompts for what was not said. @throws UsageError when the user stops */
export async function promptForChoices(name: string, given: Given, terminal = TERMINAL): Promise<Choices> {
  const service =
    given.service ??
    entered(
      await select({
        message: 'What does it start with?',
        options: [
          { value: true, label: 'A gateway and a service behind it' },
          { value: false, label: 'The gateway alone' },
        ],
        initialValue: DEFAULTS.service,
        ...terminal,
      }),
    )
  const algorithm =
    given.algorithm ??
    entered(
      await select<Algorithm>({
        message: 'How are internal tokens signed?',
        options: [
          { value: 'EdDSA', label: 'EdDSA', hint: 'a key pair: services can verify, and not issue' },
          {
            value: 'HS512',
            label: 'HS512',
            hint: 'a secret shared with each service, which could issue too',
          },
        ],
        initialValue: DEFAULTS.algorithm,
        ...terminal,
      }),
    )
  const extras = forExtras((extra) => given[extra] ?? false)
  for (const extra of EXTRA_NAMES.filter((one) => service && given[one] === undefined)) {
    const message = `A service with ${EXTRAS[extra].does}?`
    extras[extra] = entered(await confirm({ message, initialValue: DEFAULTS[extra], ...terminal }))
  }
  return {
    name,
    service,
    algorithm,
    ...extras,
    installer: given.installer ?? DEFAULTS.installer,
  }
}

function entered<Value>(input: Value | typeof CANCEL_SYMBOL): Value {
  if (input !== CANCEL_SYMBOL) return input
  throw new UsageError('Stopped; nothing was written.')
}
