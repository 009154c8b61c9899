import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives a run a folder for temporary files of its own, which goes with it, whatever tests left there. */
export default function setUp(): void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealgate-run-')))
  process.env.TMPDIR = folder
  process.once('exit', () => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    } catch {
      // Something still writes there. That is no reason for a run to fail.
    }
  })
}
