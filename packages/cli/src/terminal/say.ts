import { printableLines } from './printable.ts'

/** Receives progress, a line at a time. Never a secret. */
export type Say = (text: string) => void

/** Progress goes to stderr: stdout is for what a command is requested. Much of it quotes others. */
export const sayOnStderr: Say = (text) => {
  process.stderr.write(`${printableLines(text)}\n`)
}
