import type { Binding, Module } from './state.ts'

/** What wrangler sends for a script or a version. */
export interface Upload {
  readonly metadata: UploadMetadata
  readonly mainModule: string
  readonly modules: ReadonlyMap<string, Module>
}

/** The members of `metadata` that are kept or acted on. */
export interface UploadMetadata {
  readonly main_module?: string
  readonly bindings: readonly Binding[]
  readonly compatibility_date?: string
  readonly compatibility_flags?: readonly string[]
  /** Types of bindings that stay as the version before has them: `secret_text`. */
  readonly keep_bindings?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly migrations?: {
    readonly old_tag?: string
    readonly new_tag?: string
    readonly steps?: readonly MigrationStep[]
  }
  readonly tags?: readonly string[]
}

interface MigrationStep {
  readonly new_classes?: readonly string[]
  readonly new_sqlite_classes?: readonly string[]
  readonly deleted_classes?: readonly string[]
  readonly renamed_classes?: readonly { readonly from: string; readonly to: string }[]
}

/** Reads the parts of a multipart upload. */
export async function readUpload(body: Buffer<ArrayBuffer>, contentType: string): Promise<Upload> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- for what a server gets from anybody; this is wrangler’s own
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
  const given = form.get('metadata')
  const text = given instanceof File ? await given.text() : given
  const metadata = JSON.parse(text ?? '{}') as Partial<UploadMetadata>
  const modules = new Map<string, Module>()
  for (const [name, part] of form) {
    if (!(part instanceof File) || name === 'metadata') continue
    modules.set(name, { content: new Uint8Array(await part.arrayBuffer()), type: part.type })
  }
  return {
    metadata: { ...metadata, bindings: metadata.bindings ?? [] },
    mainModule: metadata.main_module ?? [...modules.keys()][0] ?? '',
    modules,
  }
}

/** The Durable Object classes that a Worker has after a migration. */
export function migrate(classes: ReadonlySet<string>, { migrations }: UploadMetadata): ReadonlySet<string> {
  const after = new Set(classes)
  for (const step of migrations?.steps ?? []) {
    for (const name of [...(step.new_classes ?? []), ...(step.new_sqlite_classes ?? [])]) after.add(name)
    for (const name of step.deleted_classes ?? []) after.delete(name)
    for (const { from, to } of step.renamed_classes ?? []) {
      after.delete(from)
      after.add(to)
    }
  }
  return after
}
