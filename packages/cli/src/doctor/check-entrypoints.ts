import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type Finding, reporterFor } from './finding.ts'
import type { System } from './system-view.ts'

const report = reporterFor('pairs')

/** What `createGateway` makes beside the default export. */
const OURS = ['Keys', 'Exchange', 'Admin', 'Session']

/** Does the gateway's main module export by name what services and Durable Objects bind? */
export function checkEntrypoints(system: System): readonly Finding[] {
  const { gateway, project } = system
  const { main } = gateway.config
  if (main === undefined) return []
  const path = relative(project.root, main)
  if (!existsSync(main)) {
    const what = `"main" (${gateway.file}) is ${path}, and there is no such file`
    return [report.fail('gateway-main', what, `write it, or mend "main" in ${gateway.file}`)]
  }
  const exported = exportsOf(readFileSync(main, 'utf8'))
  if (!exported) return []
  return [...boundNames(system)]
    .filter((name) => !exported.has(name))
    .map((name) =>
      report.fail(
        'gateway-entrypoint',
        `${path} does not export ${name}, which a binding names`,
        OURS.includes(name)
          ? `export const { ${OURS.join(', ')} } = gateway in ${path}`
          : `export ${name} in ${path}, or bind one of ${OURS.join(', ')}`,
      ),
    )
}

function boundNames({ gateway, services }: System): ReadonlySet<string> {
  const bindings = services.flatMap(({ config }) => config.services ?? [])
  const entrypoints = bindings.flatMap(({ service, entrypoint }) =>
    service === gateway.config.name && entrypoint !== undefined ? [entrypoint] : [],
  )
  const classes = gateway.config.durable_objects.bindings.flatMap(
    ({ class_name: name, script_name: script }) => (script === undefined ? [name] : []),
  )
  return new Set([...entrypoints, ...classes])
}

/** The names that a module exports; `undefined` when it passes on what is in others, which is not looked into. */
function exportsOf(text: string): ReadonlySet<string> | undefined {
  if (text.includes('export *')) return undefined
  const lists = [...text.matchAll(/\bexport (?:const )?\{([^}]*)\}/g)].flatMap(([, names = '']) =>
    names.split(','),
  )
  const declared = [...text.matchAll(/\bexport (?:class|const|function) (\w+)/g)].map(([, name = '']) => name)
  // `a as b` in a list of exports is b, and so is `a: b` of an object that is taken apart.
  return new Set([...lists.map((one) => one.trim().split(/[\s:]/).at(-1) ?? ''), ...declared])
}
