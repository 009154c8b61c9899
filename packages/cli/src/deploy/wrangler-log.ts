import { appendFileSync, chmodSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Project } from '../project/find-project.ts'
import { stateDirectory } from '../project/state.ts'
import { hideInput } from '../wrangler/hide-input.ts'
import type { Outcome, RunWrangler } from '../wrangler/run.ts'

/** A file that has all that wrangler printed in one run of a command. */
export interface WranglerLog {
  /** As the project's root sees it. */
  readonly file: string
  /** wrangler, with its output kept. */
  readonly run: RunWrangler
}

/**
 * Opens the file. What wrangler gets on stdin does not get into it.
 *
 * @param name of the file, without ending
 */
export function openWranglerLog(project: Project, name: string, run: RunWrangler): WranglerLog {
  const path = join(stateDirectory(project, 'logs'), `${name}.log`)
  const write = (text: string): void => {
    appendFileSync(path, text, { mode: 0o600 })
    chmodSync(path, 0o600)
  }
  return {
    file: relative(project.root, path),
    async run(args, stdin) {
      const outcome = withoutInput(await run(args, stdin), stdin)
      write(`$ wrangler ${args.join(' ')}\n${textOf(outcome)}\n[exit code ${outcome.code}]\n\n`)
      return outcome
    },
  }
}

function withoutInput({ code, stdout, stderr }: Outcome, stdin: string | undefined): Outcome {
  if (stdin === undefined) return { code, stdout, stderr }
  return { code, stdout: hideInput(stdout, stdin), stderr: hideInput(stderr, stdin) }
}

/** All that wrangler printed, without colours. */
export function textOf({ stdout, stderr }: Outcome): string {
  return stripVTControlCharacters([stdout.trim(), stderr.trim()].filter((text) => text !== '').join('\n'))
}

/** What wrangler warned of: it does so on stderr. */
export function warningsOf({ stderr }: Outcome): string | undefined {
  const text = stripVTControlCharacters(stderr).trim()
  return text.includes('[WARNING]') ? text : undefined
}
