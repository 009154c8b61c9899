import { stripVTControlCharacters } from 'node:util'
import { listSecrets, type RunWrangler } from '../wrangler/run.ts'
import { expectedSecrets } from './expected-secrets.ts'
import { type Finding, listed, reporterFor } from './finding.ts'
import { makeAndPut } from './remedies.ts'
import type { System, WorkerView } from './system-view.ts'

const report = reporterFor('cloudflare')

/** What Cloudflare says of the account: a login, its permissions, and which secrets are there. Names only. */
export async function checkCloudflare(system: System, run: RunWrangler): Promise<readonly Finding[]> {
  if (system.isLocal) return []
  // One alone first: what is wrong with the login is wrong for all.
  const own = await workerFindings(system, system.gateway, run)
  if (own.some(({ id }) => id === 'cloudflare-login')) return own
  const isForbidden = own.some(({ id }) => id === 'cloudflare-permission')
  const others = isForbidden ? [] : system.services.map((service) => workerFindings(system, service, run))
  const found = await Promise.all([...others, kvFindings(system, run)])
  return [...own, ...found.flat()]
}

async function workerFindings(
  system: System,
  worker: WorkerView,
  run: RunWrangler,
): Promise<readonly Finding[]> {
  try {
    const names = await listSecrets(run, worker.folder.config, system.environment)
    const name = worker.config.name ?? worker.folder.name
    if (!names) return [report.ok('worker', `${name} is not deployed yet`)]
    return secretFindings(system, worker, names)
  } catch (error) {
    return [problemFinding(error, 'Workers Scripts')]
  }
}

function secretFindings(system: System, worker: WorkerView, names: readonly string[]): readonly Finding[] {
  const name = worker.config.name ?? worker.folder.name
  const missing = expectedSecrets(worker.config).filter(
    (secret) => !secret.isSpare && !names.includes(secret.name),
  )
  const isSigning = (because: string): boolean =>
    because === 'JWT_PRIVATE_JWK_NAME' || because === 'JWT_SECRET_NAME'
  // Of slots that sign any one is enough.
  const anyOf = expectedSecrets(worker.config).filter(({ because }) => isSigning(because))
  const absent = missing.filter(
    ({ because }) => !isSigning(because) || !anyOf.some((one) => names.includes(one.name)),
  )
  if (absent.length === 0)
    return [
      report.ok(
        'secrets',
        `${name} has ${names.length === 0 ? 'no secrets, and needs none' : listed(names)}`,
      ),
    ]
  return absent.map((secret) =>
    report.fail(
      'secret-missing',
      `${name} has no secret ${secret.name} at Cloudflare, which ${secret.because} asks for`,
      makeAndPut(system, secret.name, worker),
    ),
  )
}

/** The namespaces that are bound, held against those of the account. */
async function kvFindings(system: System, run: RunWrangler): Promise<readonly Finding[]> {
  const bound = [system.gateway, ...system.services].flatMap(({ file, config }) =>
    config.kv_namespaces.flatMap(({ binding, id }) => (id === undefined ? [] : [{ file, binding, id }])),
  )
  if (bound.length === 0) return []
  const { code, stdout, stderr } = await run([
    'kv',
    'namespace',
    'list',
    '--config',
    system.gateway.folder.config,
  ])
  if (code !== 0)
    return [
      problemFinding(
        new Error(`wrangler kv namespace list failed:\n${stderr || stdout}`),
        'Workers KV Storage',
      ),
    ]
  const absent = bound.filter(({ id }) => !stdout.includes(id))
  return absent.length === 0
    ? [report.ok('kv', 'the KV namespaces are there')]
    : absent.map(({ file, binding, id }) =>
        report.fail(
          'kv',
          `the KV namespace ${binding} (${file}, env.${system.environment}) has the id ${id}, which is none of this account's`,
          `npx wrangler kv namespace create ${binding} prints an id; or choose the account: CLOUDFLARE_ACCOUNT_ID`,
        ),
      )
}

/** What wrangler said, told by its cause. @param permission what the call needed */
export function problemFinding(error: unknown, permission: string): Finding {
  const text = stripVTControlCharacters(error instanceof Error ? error.message : String(error))
  if (
    /CLOUDFLARE_API_TOKEN environment variable|not logged in|Invalid access token|\bcode: (9109|6003)\b/i.test(
      text,
    )
  ) {
    return report.fail(
      'cloudflare-login',
      'there is no login at Cloudflare, or it is no longer good',
      'npx wrangler login; where there is no browser, an API token in CLOUDFLARE_API_TOKEN',
    )
  }
  if (/More than one account/i.test(text)) {
    return report.fail(
      'cloudflare-login',
      'the login is of several accounts at Cloudflare',
      'CLOUDFLARE_ACCOUNT_ID with the id of the one that is meant; npx wrangler whoami lists them',
    )
  }
  if (/\bcode: (10000|10001|10023)\b|Authentication error|Unauthorized/i.test(text)) {
    return report.fail(
      'cloudflare-permission',
      `the login at Cloudflare lacks the permission ${permission}`,
      `Cloudflare: My Profile → API Tokens → yours → Permissions → Account, ${permission}, Edit`,
    )
  }
  return report.fail('cloudflare', `Cloudflare cannot be reached: ${essence(text)}`, 'npx wrangler whoami')
}

/** Without what wrangler says about itself. */
function essence(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('🪵'))
    .slice(0, 3)
    .join(' ')
}
