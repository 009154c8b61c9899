import { join } from 'node:path'
import { Program } from 'sealgate/internal'
import { ends } from './ends.ts'

const KEEPER = join(import.meta.dirname, 'keeper.mjs')

/** A program that ends with the test file at the latest, and with this process however that ends. */
export function startProgram(options: Omit<ConstructorParameters<typeof Program>[0], 'message'>): Program {
  const program = new Program({
    ...options,
    command: process.execPath,
    args: [KEEPER, options.command, ...options.args],
    // A channel, whose end is that of this process.
    message: {},
  })
  ends(() => program.stop())
  return program
}
