import { relative } from 'node:path'
import { EXTRA_NAMES, EXTRAS } from './choices.ts'
import type { Created } from './create-project.ts'

/** The commands to type next. */
export function nextCommands(
  { folder, choices: { installer }, installed }: Omit<Created, 'files' | 'git'>,
  cwd: string,
): readonly string[] {
  const within = relative(cwd, folder)
  const path = within.startsWith('..') ? folder : within
  return [
    ...(path === '' ? [] : [`cd ${/\s/.test(path) ? JSON.stringify(path) : path}`]),
    ...(installed ? [] : [`${installer} install`]),
    `${installer} start`,
  ]
}

/** What a person needs to know of a project that was just made. */
export function summaryOf(created: Created, cwd: string): string {
  const { choices, files } = created
  const parts = [
    'gateway/            routes and audiences: gateway.config.ts',
    ...(choices.service ? ['services/reports/   a service that knows who calls'] : []),
    ...EXTRA_NAMES.filter((name) => choices[name]).map(
      (name) => `${`services/${EXTRAS[name].folder}/`.padEnd(19)} ${EXTRAS[name].does}`,
    ),
  ]
  const commands = nextCommands(created, cwd)
  return [
    `${choices.name} is made: ${files.length} files.`,
    '',
    ...parts.map((part) => `  ${part}`),
    '',
    'Next:',
    '',
    ...commands.map((command) => `  ${command}`),
    '',
    'README.md has the rest on one page, production included.',
    '',
  ].join('\n')
}
