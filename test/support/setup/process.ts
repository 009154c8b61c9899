/** As file.ts, for files that start programs: it also ends what a file started, and fails a file that changes its process. */
import { afterAll } from 'vitest'
import { endAll } from '../ends.ts'
import './patient-waits.ts'
import { restore, stateOfProcess, whatChanged } from './process-state.ts'
import { takeBack } from './take-back.ts'

const before = stateOfProcess()

afterAll(async () => {
  takeBack()
  await endAll()
  const changed = whatChanged(before, stateOfProcess())
  restore(before)
  if (changed.length > 0) throw new Error(`this file leaves in its process: ${changed.join(', ')}`)
})
