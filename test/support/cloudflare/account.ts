import { randomUUID } from 'node:crypto'
import { ERRORS } from './cloudflare-error.ts'
import { Logs } from './logs.ts'
import type { CloudflareState, Deployment, Script, Share, Version } from './state.ts'
import { migrate, type Upload } from './upload.ts'

/** A Worker, as the API changes it. */
export interface StoredScript extends Script {
  readonly versions: Version[]
  readonly deployments: StoredDeployment[]
  tags: readonly string[]
  /** Of the last Durable Object migration. */
  migrationTag?: string | undefined
  /** The Durable Object classes that migrations made. */
  classes: ReadonlySet<string>
  /** Whether it is reached at `workers.dev`, and its previews. */
  subdomain: { enabled: boolean; previews_enabled: boolean }
}

export interface StoredDeployment extends Deployment {
  readonly createdOn: string
  readonly message?: string | undefined
}

/** An account, all in memory. What the API may not do it rejects with Cloudflare's error. */
export class Account implements CloudflareState {
  readonly scripts = new Map<string, StoredScript>()
  /** KV namespaces: id to title. */
  readonly namespaces = new Map<string, string>()
  /** Zones: name to id. */
  readonly zones = new Map<string, string>()
  /** Routes and custom domains: pattern to the script that gets its requests. */
  readonly routes = new Map<string, string>()
  readonly domains = new Map<string, string>()
  readonly logs = new Logs()
  readonly #onDeployment: ((script: string) => void | Promise<void>)[] = []

  /** Calls back when a script has a new deployment, before the API responds. */
  onDeployment(callback: (script: string) => void | Promise<void>): void {
    this.#onDeployment.push(callback)
  }

  script(name: string): StoredScript {
    const script = this.scripts.get(name)
    if (!script) throw ERRORS.noWorker()
    return script
  }

  /** An upload that is live at once: `PUT …/scripts/name`. It alone may migrate Durable Objects. */
  async deployUpload(name: string, upload: Upload): Promise<Version> {
    const script = this.scripts.get(name) ?? newScript(name)
    const classes = migrate(script.classes, upload.metadata)
    const version = this.#newVersion(script, upload, classes)
    this.scripts.set(name, script)
    script.classes = classes
    script.migrationTag = upload.metadata.migrations?.new_tag ?? script.migrationTag
    script.versions.push(version)
    await this.deploy(name, [{ version_id: version.id, percentage: 100 }])
    return version
  }

  /** A version that is not live yet: `POST …/scripts/name/versions`. */
  addVersion(name: string, upload: Upload): Version {
    const script = this.script(name)
    if (upload.metadata.migrations) throw ERRORS.migrationInVersion()
    const version = this.#newVersion(script, upload, script.classes)
    script.versions.push(version)
    return version
  }

  async deploy(name: string, versions: readonly Share[], message?: string): Promise<StoredDeployment> {
    const script = this.script(name)
    for (const { version_id: id } of versions) versionOf(script, id)
    if (versions.reduce((sum, { percentage }) => sum + percentage, 0) !== 100) throw ERRORS.badShares()
    const deployment = { id: randomUUID(), versions, createdOn: new Date().toISOString(), message }
    script.deployments.push(deployment)
    for (const callback of this.#onDeployment) await callback(name)
    return deployment
  }

  /** `wrangler secret put` and `bulk`: a new version, live at once, unless the latest one is not. `null` deletes. */
  async putSecrets(
    name: string,
    secrets: Readonly<Record<string, string | null>>,
    notDeployed: () => Error,
  ): Promise<void> {
    const script = this.script(name)
    const live = script.deployments.at(-1)?.versions ?? []
    const latest = script.versions.at(-1)
    if (live.length !== 1 || live[0]?.version_id !== latest?.id) throw notDeployed()
    const version = this.addSecretsVersion(name, secrets)
    await this.deploy(name, [{ version_id: version.id, percentage: 100 }])
  }

  /** `wrangler versions secret put`: the latest version with other secrets, not live. */
  addSecretsVersion(
    name: string,
    secrets: Readonly<Record<string, string | null>>,
    annotations: Readonly<Record<string, string>> = {},
  ): Version {
    const script = this.script(name)
    const latest = script.versions.at(-1)
    if (!latest) throw ERRORS.noVersion()
    const merged = Object.entries({ ...latest.secrets, ...secrets }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    )
    const version: Version = {
      ...latest,
      ...newIdentity(script, annotations),
      secrets: Object.fromEntries(merged),
    }
    script.versions.push(version)
    return version
  }

  createNamespace(title: string): string {
    if ([...this.namespaces.values()].includes(title)) throw ERRORS.nameTaken()
    const id = randomUUID().replaceAll('-', '')
    this.namespaces.set(id, title)
    return id
  }

  #newVersion(
    script: StoredScript,
    { metadata, mainModule, modules }: Upload,
    classes: ReadonlySet<string>,
  ): Version {
    const before = script.versions.at(-1)?.secrets ?? {}
    const secrets: Record<string, string> = metadata.keep_bindings?.includes('secret_text')
      ? { ...before }
      : {}
    for (const binding of metadata.bindings) {
      this.#checkBinding(script.name, binding, classes)
      if (binding.type === 'secret_text') secrets[binding.name] = String(binding.text)
      if (binding.type !== 'inherit') continue
      const inherited = before[binding.name]
      if (inherited === undefined) throw ERRORS.badInherit(binding.name)
      secrets[binding.name] = inherited
    }
    const { compatibility_date, compatibility_flags, annotations = {} } = metadata
    const bindings = metadata.bindings.filter(({ type }) => type !== 'secret_text' && type !== 'inherit')
    return {
      ...newIdentity(script, annotations),
      ...{ mainModule, modules, secrets },
      metadata: { bindings, compatibility_date, compatibility_flags },
    }
  }

  #checkBinding(
    script: string,
    binding: Upload['metadata']['bindings'][number],
    classes: ReadonlySet<string>,
  ): void {
    const { name, type } = binding
    if (type === 'service') {
      const target = String(binding.service)
      if (target !== script && !this.scripts.has(target)) throw ERRORS.noService(name, target)
    }
    if (type === 'kv_namespace') {
      const id = String(binding.namespace_id)
      if (!/^[0-9a-f]{32}$/.test(id)) throw ERRORS.badNamespaceId(id)
      if (!this.namespaces.has(id)) throw ERRORS.noNamespace(id)
    }
    if (type === 'durable_object_namespace' && binding.script_name === undefined) {
      const className = String(binding.class_name)
      if (!classes.has(className)) throw ERRORS.noClass(className)
    }
  }
}

export function versionOf(script: StoredScript, id: string): Version {
  const version = script.versions.find((one) => one.id === id)
  if (!version) throw ERRORS.noVersion()
  return version
}

function newScript(name: string): StoredScript {
  return {
    ...{ name, versions: [], deployments: [], tags: [], classes: new Set<string>() },
    subdomain: { enabled: false, previews_enabled: false },
  }
}

function newIdentity(
  { versions }: StoredScript,
  annotations: Readonly<Record<string, string>>,
): Pick<Version, 'id' | 'number' | 'createdOn' | 'tag' | 'message'> {
  return {
    id: randomUUID(),
    number: versions.length + 1,
    createdOn: new Date().toISOString(),
    tag: annotations['workers/tag'],
    message: annotations['workers/message'],
  }
}
