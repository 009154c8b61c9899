import { unstable_readConfig } from 'wrangler'

/** What of a wrangler.jsonc names bindings and variables, and how its code is bundled. */
export interface WorkerConfig {
  /** The names under `env`. */
  readonly definedEnvironments?: readonly string[]
  /** The whole path. */
  readonly main?: string
  readonly minify?: boolean
  /** Default true. */
  readonly keep_names?: boolean
  readonly vars: Readonly<Record<string, unknown>>
  readonly services?: readonly { readonly binding: string }[]
  readonly kv_namespaces: readonly { readonly binding: string }[]
  readonly durable_objects: { readonly bindings: readonly { readonly name: string }[] }
  readonly ratelimits: readonly { readonly name: string }[]
  readonly secrets_store_secrets: readonly { readonly binding: string }[]
}

/** A wrangler.jsonc as wrangler resolves it. @param env its `--env`; `""` is the top level */
export function readWorkerConfig(config: string, env: string): WorkerConfig {
  const read: unknown = unstable_readConfig({ config, ...(env !== '' && { env }) }, { hideWarnings: true })
  return read as WorkerConfig
}
