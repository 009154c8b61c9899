import { SECRET_NAMES } from '@sealgate/gateway/config'
import { namesOf } from '@sealgate/kit/gateway'
import { expectedSecrets } from './expected-secrets.ts'
import { type Finding, listed, reporterFor } from './finding.ts'
import { makeAndPut, putSecret } from './remedies.ts'
import { placeOf, type System, type WorkerView } from './system-view.ts'

const report = reporterFor('secrets')

/** Secrets in the files of a project: none where git sees it, each whole and without what came along when it was pasted. */
export function checkSecrets(system: System): readonly Finding[] {
  const workers = [system.gateway, ...system.services]
  const findings = workers.flatMap((worker) => [
    ...exposed(system, worker),
    ...missing(system, worker),
    ...wrapped(system, worker),
  ])
  if (findings.length > 0) return findings
  const files = workers.flatMap(({ file, secrets }) =>
    secrets ? [file.replace('wrangler.jsonc', secrets.file)] : [],
  )
  return files.length > 0 ? [report.ok('local-secrets', `${listed(files)} hold what is needed`)] : []
}

/** A secret in wrangler.jsonc is in git, and whoever reads the project has it. */
function exposed(system: System, worker: WorkerView): readonly Finding[] {
  const { vars } = worker.config
  const secret = [
    ...SECRET_NAMES,
    'JWT_SECRET',
    'JWT_PRIVATE_JWK',
    ...namesOf(vars.JWT_PRIVATE_JWK_NAME),
    ...namesOf(vars.JWT_SECRET_NAME),
  ]
  return secret.flatMap((name) =>
    vars[name] === undefined || vars[name] === ''
      ? []
      : [
          report.fail(
            'secret-in-file',
            `${name} stands in ${placeOf(system, worker)}, and so in git: it is no secret any more`,
            `remove it there, make another one, and: ${putSecret(system, name, worker)}`,
          ),
        ],
  )
}

function missing(system: System, worker: WorkerView): readonly Finding[] {
  const { secrets, config } = worker
  if (!secrets) return []
  const file = worker.file.replace('wrangler.jsonc', secrets.file)
  return expectedSecrets(config, secrets).flatMap(({ name, because, isSpare }) =>
    // Slots have a group of their own.
    isSpare || because === 'JWT_PRIVATE_JWK_NAME' || secrets.values.has(name)
      ? []
      : [
          report.fail(
            'secret-missing',
            `${file} has no ${name}, which ${because} asks for`,
            makeAndPut(system, name, worker),
          ),
        ],
  )
}

function wrapped(system: System, worker: WorkerView): readonly Finding[] {
  const { secrets } = worker
  if (!secrets) return []
  const file = worker.file.replace('wrangler.jsonc', secrets.file)
  return [...secrets.values].flatMap(([name, value]) => {
    const problem = wrappingOf(value)
    return problem === undefined
      ? []
      : [
          report.fail(
            'secret-wrapped',
            `${name} (${file}) ${problem}: that is part of its value`,
            `write the line anew, ${name}='…' with nothing else between the quotes`,
          ),
        ]
  })
}

/** What came along with a secret when it was pasted or piped; `undefined` when nothing did. Says nothing of the value. */
export function wrappingOf(value: string): string | undefined {
  if (/[\r\n]$/.test(value)) return 'ends with a line break'
  if (/^[\r\n]/.test(value)) return 'begins with a line break'
  if (value !== value.trim()) return 'has a space at one of its ends'
  const [first] = value
  const isQuoted = value.length > 1 && (first === '"' || first === "'") && value.endsWith(first)
  return isQuoted ? 'has quotes around it' : undefined
}
