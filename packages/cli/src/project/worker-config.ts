import { relative } from 'node:path'
import { unstable_readConfig } from 'wrangler'
import { UsageError } from '../errors.ts'
import { configProblem } from './config-problem.ts'

/** What of a wrangler.jsonc names bindings and variables, where its Worker is reached, and how its code is bundled. */
export interface WorkerConfig {
  /** Of the Worker in this environment. */
  readonly name?: string
  readonly account_id?: string
  /** Every `env.*` of the file. */
  readonly definedEnvironments?: readonly string[]
  /** The whole path. */
  readonly main?: string
  readonly compatibility_date?: string
  readonly minify?: boolean
  /** Default true. */
  readonly keep_names?: boolean
  /** Unset: on, unless there are routes. */
  readonly workers_dev?: boolean
  /** Unset: as `workers_dev`. */
  readonly preview_urls?: boolean
  readonly base_dir?: string
  readonly tsconfig?: string
  readonly build?: { readonly command?: string; readonly cwd?: string }
  readonly assets?: { readonly directory?: string }
  readonly route?: WorkerRoute
  readonly routes?: readonly WorkerRoute[]
  readonly vars: Readonly<Record<string, unknown>>
  readonly secrets?: { readonly required?: readonly string[] }
  readonly services?: readonly ServiceBinding[]
  readonly kv_namespaces: readonly { readonly binding: string; readonly id?: string }[]
  readonly durable_objects: { readonly bindings: readonly DurableObjectBinding[] }
  readonly migrations?: readonly Migration[]
  readonly ratelimits: readonly { readonly name: string; readonly namespace_id?: string }[]
  readonly secrets_store_secrets: readonly { readonly binding: string }[]
}

/** A pattern, or an object with one. */
export type WorkerRoute = string | { readonly pattern: string; readonly custom_domain?: boolean }

export interface ServiceBinding {
  readonly binding: string
  /** The name of the Worker that is bound. */
  readonly service: string
  readonly entrypoint?: string
  readonly props?: Readonly<Record<string, unknown>>
}

export interface DurableObjectBinding {
  readonly name: string
  readonly class_name: string
  /** The Worker that has the class, if it is another one. */
  readonly script_name?: string
}

export interface Migration {
  readonly tag: string
  readonly new_classes?: readonly string[]
  readonly new_sqlite_classes?: readonly string[]
  readonly renamed_classes?: readonly { readonly from: string; readonly to: string }[]
  readonly transferred_classes?: readonly { readonly to: string }[]
  readonly deleted_classes?: readonly string[]
}

/**
 * A wrangler.jsonc as wrangler resolves it.
 *
 * @param env its `--env`; `""` is the top level
 * @throws UsageError for a file that wrangler does not take
 */
export function readWorkerConfig(config: string, env: string): WorkerConfig {
  try {
    const read: unknown = unstable_readConfig({ config, ...(env !== '' && { env }) }, { hideWarnings: true })
    return read as WorkerConfig
  } catch (error) {
    throw new UsageError(`${relative(process.cwd(), config)} cannot be read: ${configProblem(error)}`)
  }
}
