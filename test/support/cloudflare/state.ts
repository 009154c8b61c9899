/** What the local Cloudflare holds: the shape that its API (`api.ts`) writes and its runtime (`runtime.ts`) runs. */
export interface CloudflareState {
  readonly scripts: ReadonlyMap<string, Script>
}

/** A Worker with all that was ever uploaded of it. */
export interface Script {
  readonly name: string
  /** The oldest first. */
  readonly versions: readonly Version[]
  /** The oldest first: the last one is live. */
  readonly deployments: readonly Deployment[]
}

/** Code, configuration and secrets together: what a deployment names, and what a rollback brings back. */
export interface Version {
  readonly id: string
  readonly number: number
  /** RFC 3339. */
  readonly createdOn: string
  readonly tag?: string | undefined
  readonly message?: string | undefined
  /** A name in `modules`. */
  readonly mainModule: string
  readonly modules: ReadonlyMap<string, Module>
  readonly metadata: Metadata
  readonly secrets: Readonly<Record<string, string>>
}

export interface Module {
  readonly content: Uint8Array
  /** A media type, such as `application/javascript+module`. */
  readonly type: string
}

/** The part of an upload's `metadata` that is run. */
export interface Metadata {
  readonly bindings: readonly Binding[]
  readonly compatibility_date?: string | undefined
  readonly compatibility_flags?: readonly string[] | undefined
}

/** As in an upload: `plain_text`, `service`, `kv_namespace` and so on, with members of their own. */
export interface Binding {
  readonly name: string
  readonly type: string
  readonly [member: string]: unknown
}

export interface Deployment {
  readonly id: string
  readonly versions: readonly Share[]
}

/** What part of the requests a version gets. */
export interface Share {
  readonly version_id: string
  /** 0 to 100. A version with 0 is reached by a version override alone. */
  readonly percentage: number
}
