/** Every command is used in the same way: it shows an example, prints JSON, and looks before it changes anything. */
import { describe, expect, it } from 'vitest'
import { type Command, program, textAfterHelp } from '../../docs/generate-commands.ts'

const commands = program().commands

/** Commands that cannot have an option, and why. */
const WITHOUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '--json': {
    dev: 'it runs until it is stopped, and serves /dev',
    'secret-put': 'it prints nothing but that it is done',
    'mock-idp': 'what it prints is one line of JSON',
  },
  '--env': {
    create: 'there is no project yet',
    dev: 'it runs the environment dev',
    'secret-put': 'it is for the environment dev',
    receipt: 'it asks nobody: receipt and keys are files',
    bundle: 'it bundles every environment',
    'mock-idp': 'it belongs to no project',
  },
  '--dry-run': {
    dev: 'it runs programs, and changes nothing',
    doctor: 'it changes nothing',
    'secret-put': 'it is for the environment dev',
    slots: 'it changes nothing',
    whois: 'it changes nothing',
    why: 'it changes nothing',
    receipt: 'it changes nothing',
    bundle: 'it changes nothing',
    'mock-idp': 'it runs a program, and changes nothing',
  },
}

const has = (command: Command, flag: string): boolean => command.options.some(({ long }) => long === flag)

describe.each(commands.map((command) => [command.name(), command] as const))(
  'sealgate %s',
  (name, command) => {
    it('says what it does, in a line and at length', () => {
      expect(command.summary()).toMatch(/^[a-z].*[^.]$/)
      expect(command.description()).toMatch(/^[A-Z].*\.$/s)
    })

    it('shows an example of itself', () => {
      expect(textAfterHelp(command)).toMatch(
        new RegExp(`\\nExamples?:\\n(?:.*\\n)*?.*(?:sealgate ${name}|secret:put)`),
      )
    })

    it.each(Object.entries(WITHOUT))('has %s, or a reason not to', (flag, reasons) => {
      expect(has(command, flag)).toBe(reasons[name] === undefined)
    })

    it('says of each option what it means', () => {
      expect(
        command.options.filter(({ description }) => description === '').map(({ flags }) => flags),
      ).toEqual([])
      expect(command.registeredArguments.filter(({ description }) => description === '')).toEqual([])
    })
  },
)

it('reasons are of commands that are there', () => {
  const names = commands.map((command) => command.name())
  const named = Object.values(WITHOUT).flatMap((reasons) => Object.keys(reasons))
  expect(named.filter((name) => !names.includes(name))).toEqual([])
})
