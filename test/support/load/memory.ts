import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory of workerd processes that this process started, in MiB. Linux only: elsewhere there is no /proc. */
export function workerdMemory(): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurWorkerd(name))
  if (children.length === 0) throw new Error('no workerd runs under this process')
  return children.reduce((sum, pid) => sum + residentMiB(pid), 0)
}

function isOurWorkerd(pid: string): boolean {
  // pid (command) state parent …
  const [, command, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(read(`/proc/${pid}/stat`)) ?? []
  return command === 'workerd' && Number(parent) === process.pid
}

function residentMiB(pid: string): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? []
  return Number(kib) / 1024
}

/** A process can end while it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
