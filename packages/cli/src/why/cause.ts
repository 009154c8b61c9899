/** Why a caller was denied, or a request failed, and what whoever runs the system does. Markdown, of one line. */
export interface Cause {
  readonly meaning: string
  /** What it comes from, most often. */
  readonly often?: string
  /** What to do. Empty: nothing is to be done. */
  readonly todo: string
}
