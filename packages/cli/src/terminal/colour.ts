import { styleText } from 'node:util'

/** Colours text where a person reads it. `NO_COLOR` and a pipe get none. */
export type Colour = (format: 'red' | 'green' | 'yellow' | 'dim' | 'bold', text: string) => string

export function colourFor(stream: NodeJS.WriteStream): Colour {
  return (format, text) => styleText(format, text, { stream })
}
