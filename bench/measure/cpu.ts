import { readdirSync, readFileSync } from 'node:fs'

/** CPU time in µs that a process has used, or `null` off Linux. */
export function cpuOfProcess(pid: number | string): number | null {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map(
        (thread) =>
          Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000,
      )
      .reduce((sum, one) => sum + one, 0)
  } catch {
    return null
  }
}

/** CPU time in µs that the workerd processes of this program have used, or `null` off Linux. */
export function cpuOfWorkerd(): number | null {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && isOurWorkerd(name))
      .reduce((sum, pid) => sum + (cpuOfProcess(pid) ?? 0), 0)
  } catch {
    return null
  }
}

function isOurWorkerd(pid: string): boolean {
  try {
    // "pid (name) state parent …"
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return name === 'workerd' && Number(parent) === process.pid
  } catch {
    return false
  }
}
