/** The project that `sealgate create` makes: doctor finds nothing wrong in it but what is left for its team to fill in. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  diagnose,
  findProject,
  forExtras,
  makeSecrets,
  planOf,
  preflight,
  projectFiles,
  withDefaults,
} from 'sealgate/internal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../support/root.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sealgate-generated-')))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const CHOICES = [
  withDefaults('acme', {}),
  withDefaults('acme', { ...forExtras(() => true), algorithm: 'HS512' }),
  withDefaults('acme', { service: false }),
]

/** What a team fills in, in every environment that is deployed. */
const FILLED: Readonly<Record<string, string>> = {
  AUTH0_DOMAIN: 'acme.us.auth0.com',
  AUTH0_AUDIENCE: 'https://api.acme.example',
  AUTH0_CLIENTS: 'web',
}

function write(choices: (typeof CHOICES)[number], isFilled: boolean): ReturnType<typeof findProject> {
  for (const [path, text] of projectFiles(choices)) {
    const filled = Object.entries(FILLED).reduce(
      (one, [name, value]) => one.replaceAll(`"${name}": ""`, `"${name}": "${value}"`),
      text
        .replaceAll('// "routes"', '"routes"')
        // An MCP server is named by its address. Production stands before staging.
        .replace('"BASE_URL": ""', '"BASE_URL": "https://app.example.com"')
        .replace('"BASE_URL": ""', '"BASE_URL": "https://app.staging.example.com"'),
    )
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), isFilled ? filled : text)
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return findProject(root)
}

describe.each(CHOICES)(
  'a project with $algorithm, service: $service, agents: $agents, mcp: $mcp',
  (choices) => {
    it('has no fault in dev as it is made', async () => {
      expect(await preflight(write(choices, false), 'dev')).toEqual([])
    })

    it('has no fault in dev once sealgate dev has made its secrets', async () => {
      const project = write(choices, false)
      makeSecrets(planOf(project))
      const world = {
        fetch: () => Promise.reject(new Error('offline')),
        now: () => Date.now() / 1000,
        run: undefined,
      }
      const found = await diagnose(project, 'dev', world)
      expect(found.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([])
      expect(found.map(({ id }) => id)).toContain('slot')
    })

    it('is told what to fill in before production', async () => {
      const found = await preflight(write(choices, false), 'production')
      expect(found.map(({ id }) => id)).toEqual(['gateway-config', 'gateway-config', 'gateway-route'])
      expect(found.map(({ message }) => message.split(' ')[0])).toEqual([
        'AUTH0_DOMAIN',
        'AUTH0_AUDIENCE',
        'the',
      ])
    })

    it.each(['staging', 'production'])('has no fault in %s once that is filled in', async (environment) => {
      expect(await preflight(write(choices, true), environment)).toEqual([])
    })
  },
)
