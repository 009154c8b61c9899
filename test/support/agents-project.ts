import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestIssuer, type TestIssuer } from '@sealgate/kit/testing'
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from 'miniflare'
import { ends } from './ends.ts'
import { npm } from './npm.ts'
import { Project } from './project.ts'
import { ROOT } from './root.ts'
import { type Client, clientOf, protocolsOf } from './agents/sockets.ts'

/** Versions of packages, by name. */
export type Versions = Readonly<Record<string, string>>

/** The Worker (agents/matrix.ts), and what a chat adds: the main module stands first. */
const PLAIN = { files: ['matrix.ts'], classes: ['Board', 'Notes', 'Tools'] }
const WITH_CHAT = {
  files: ['matrix-chat.ts', 'scripted-model.ts', ...PLAIN.files],
  classes: ['Chat', ...PLAIN.classes],
}
const COMPATIBILITY_DATE = '2026-10-23'

/** A project of a team: our tarball, and the SDKs from the registry. */
export class AgentsProject {
  readonly issuer: TestIssuer
  readonly #project: Project
  readonly #miniflare: Miniflare
  readonly #files: readonly string[]

  private constructor(project: Project, issuer: TestIssuer, miniflare: Miniflare, files: readonly string[]) {
    this.#files = files
    this.#project = project
    this.issuer = issuer
    this.#miniflare = miniflare
  }

  /**
   * Installs, bundles by the real wrangler, and starts workerd. npm fails where the kit's peer range excludes a version.
   *
   * @param versions with those of `@cloudflare/ai-chat` and `ai`, the Worker has a chat
   */
  static async start(versions: Versions): Promise<AgentsProject> {
    const { files, classes } = 'ai' in versions ? WITH_CHAT : PLAIN
    const project = await Project.make(['kit'])
    ends(() => project.remove())
    const packages = Object.entries(versions).map(([name, version]) => `${name}@${version}`)
    await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], project.folder)
    for (const file of files) cpSync(join(ROOT, 'test/support/agents', file), join(project.folder, file))
    project.write(
      'wrangler.json',
      JSON.stringify({
        name: 'matrix',
        main: files[0],
        compatibility_date: COMPATIBILITY_DATE,
        durable_objects: { bindings: classes.map((name) => ({ name, class_name: name })) },
        migrations: [{ tag: 'v1', new_sqlite_classes: classes }],
      }),
    )
    const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
    await project.run('node', [wrangler, 'deploy', '--dry-run', '--outdir', 'out', '--cwd', project.folder])
    const issuer = await createTestIssuer()
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        structuredWorkerdLogs: true,
        handleStructuredLogs: () => undefined,
        name: 'matrix',
        modules: true,
        script: readFileSync(join(project.folder, 'out', files[0]?.replace('.ts', '.js') ?? ''), 'utf8'),
        compatibilityDate: COMPATIBILITY_DATE,
        bindings: {
          JWT_ISS: issuer.env.JWT_ISS,
          JWT_AUD: issuer.env.JWT_AUD,
          JWT_JWKS_SERVICE_NAME: issuer.env.JWT_JWKS_SERVICE_NAME,
        },
        serviceBindings: {
          TEST_ISSUER: async () => {
            const response = await issuer.binding.fetch(issuer.env.JWT_ISS)
            return new MiniflareResponse(await response.text())
          },
        },
        durableObjects: Object.fromEntries(
          classes.map((className) => [className, { className, useSQLite: true }]),
        ),
      }),
    )
    ends(() => miniflare.dispose())
    await miniflare.ready
    return new AgentsProject(project, issuer, miniflare, files)
  }

  /** The version that is installed. */
  versionOf(name: string): string {
    const manifest = readFileSync(join(this.#project.folder, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(manifest) as { readonly version: string }).version
  }

  /** What the compiler says of the Worker, with the types of these versions. */
  async types(): Promise<string> {
    this.#project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          types: [join(ROOT, 'node_modules/@cloudflare/workers-types')],
          lib: ['ES2024'],
          target: 'ES2024',
          strict: true,
          noEmit: true,
          module: 'ESNext',
          moduleResolution: 'Bundler',
          allowImportingTsExtensions: true,
          // Those of the SDKs need the DOM, and each other.
          skipLibCheck: true,
        },
        files: this.#files,
      }),
    )
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    return this.#project.run('node', [compiler, '-p', this.#project.folder]).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    )
  }

  /** Sends a request to the Worker, with a token or none. */
  async request(path: string, token?: string, body?: object, more: Readonly<Record<string, string>> = {}) {
    return this.#miniflare.dispatchFetch(`https://service.test${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { ...more, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  }

  /** Opens a WebSocket, with the token where a browser puts it, or with none. */
  async connect(path: string, token?: string): Promise<Client> {
    const response = await this.#miniflare.dispatchFetch(`https://service.test${path}`, {
      headers: { Upgrade: 'websocket', ...(token !== undefined && protocolsOf(token)) },
    })
    return clientOf(response)
  }
}
