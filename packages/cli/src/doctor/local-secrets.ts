import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { WorkerFolder } from '../project/find-project.ts'

/** Secrets that are on this machine, by name, and the file that has them. */
export interface LocalSecrets {
  /** The name of the file in the Worker's folder. */
  readonly file: string
  readonly values: ReadonlyMap<string, string>
}

/**
 * The secrets that `wrangler dev` would take for an environment: those of `.dev.vars.<env>`, else of `.dev.vars`. The latter are
 * those of development: an environment that is deployed has nothing to do with them.
 */
export function readLocalSecrets(
  { dir }: WorkerFolder,
  env: string,
  isLocal: boolean,
): LocalSecrets | undefined {
  const file = [`.dev.vars.${env}`, ...(isLocal ? ['.dev.vars'] : [])].find((name) =>
    existsSync(join(dir, name)),
  )
  if (file === undefined) return undefined
  const parsed = parseEnv(readFileSync(join(dir, file), 'utf8'))
  return {
    file,
    values: new Map(
      Object.entries(parsed).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  }
}
