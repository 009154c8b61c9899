import type { LogLine } from './line-types.ts'

/** Where lines go beside the console. */
export interface Sink {
  /** Gets every line, whatever the level and however many. Default `false`: the lines that the console gets. */
  readonly takesAll?: boolean
  /** Takes a line, and returns at once. What it throws is logged once. */
  write(line: LogLine): void
}

/** The event of lines that did not reach a sink. */
export interface SinkDropped {
  readonly event: 'sink_dropped'
  readonly level: 'error'
  readonly sink: string
  /** How many since the last such event. */
  readonly dropped: number
  /** Why the last of them did not. */
  readonly detail: string
}

/**
 * Makes a sink of an environment, or none where that has no place for lines. Called once for each kit.
 *
 * @param report logs what the sink loses
 */
export type MakeSink = (env: object, report: (event: SinkDropped) => void) => Sink | undefined
