/** Receives progress, a line at a time. Never a secret. */
export type Say = (text: string) => void

/** Progress goes to stderr: stdout is for what a command is requested. */
export const sayOnStderr: Say = (text) => {
  process.stderr.write(`${text}\n`)
}
