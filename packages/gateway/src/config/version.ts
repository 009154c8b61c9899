import * as z from 'zod/mini'
import { present } from './schema.ts'

/** Which version of the Worker this is: the binding `CF_VERSION_METADATA`. */
export interface WorkerVersion {
  readonly id: string
  /** What `wrangler versions upload --tag` gave it; empty without. */
  readonly tag: string
}

type LineVersion = Pick<WorkerVersion, 'id'> & Partial<WorkerVersion>

const METADATA = z.object({ id: z.string(), tag: z._default(z.string(), '') })

/** `undefined` without the binding, and in development. */
export function readVersion(env: object): WorkerVersion | undefined {
  const { data } = METADATA.safeParse(present(env, 'CF_VERSION_METADATA'))
  return data && data.id !== '' ? { id: data.id, tag: data.tag } : undefined
}

/** As lines of the log have it: without a tag where none was given, so that sinks use the id. */
export function versionInLines(version: WorkerVersion | undefined): LineVersion | undefined {
  return version?.tag === '' ? { id: version.id } : version
}
