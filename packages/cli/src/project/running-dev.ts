import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What a development system has in its folder while it runs: how it takes orders. */
export const CONTROL_FILE = 'control'

/** The log lines of its Workers, the newer ones and those before them. */
export const LINES_FILE = 'lines.ndjson'
export const EARLIER_LINES_FILE = 'lines.earlier.ndjson'

/** The name of its folder below `.sealgate`. @param port its gateway's */
export function devFolderName(port: number): string {
  return `dev-${port}`
}

/** The gateways' ports of the development systems of a project that run, or that were killed. */
export function runningDevPorts(root: string): readonly string[] {
  const folder = join(root, '.sealgate')
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const [, port] = /^dev-(\d+)$/.exec(name) ?? []
    return port !== undefined && existsSync(join(folder, name, CONTROL_FILE)) ? [port] : []
  })
}
