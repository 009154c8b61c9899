import { createHash } from 'node:crypto'
import { type Choices, forExtras } from './choices.ts'

/** The name of the template's own project: a whole project that runs, with everything in it. */
const TEMPLATE_NAME = /my-system/g

/** Conditions that a template may name. */
const CONDITIONS: Readonly<Record<string, (choices: Choices) => boolean>> = {
  service: ({ service }) => service,
  'gateway-only': ({ service }) => !service,
  eddsa: ({ algorithm }) => algorithm === 'EdDSA',
  hs512: ({ algorithm }) => algorithm === 'HS512',
  ...forExtras((name) => (choices: Choices) => choices[name]),
  npm: ({ installer }) => installer === 'npm',
  pnpm: ({ installer }) => installer === 'pnpm',
}

/** A line that is a comment and says `if: CONDITION` or `end`, in any of the languages of the templates. */
const MARK = /^ *(?:\/\/|#|<!--) (?:if: ([a-z0-9-]+)|(end))(?: -->)?$/

/**
 * A file of the template as these choices want it: lines between `if: …` and `end` stay when the condition holds, the name
 * is the project's, and rate limiters have ids of its own.
 *
 * @throws Error for a template with a mistake in it
 */
export function render(template: string, choices: Choices): string {
  const open: boolean[] = []
  const lines = template.split('\n').filter((line) => {
    const [mark, condition, end] = MARK.exec(line) ?? []
    if (mark === undefined) return !open.includes(false)
    if (condition !== undefined) open.push(holds(condition, choices))
    else if (end !== undefined && open.pop() === undefined)
      throw new Error('a template ends what it did not begin')
    return false
  })
  if (open.length > 0) throw new Error('a template does not end what it began')
  return withOwnIds(lines.join('\n').replace(TEMPLATE_NAME, choices.name), choices.name)
}

function holds(condition: string, choices: Choices): boolean {
  const found = Object.entries(CONDITIONS).find(([name]) => name === condition)
  if (!found) throw new Error(`a template names the condition ${condition}`)
  return found[1](choices)
}

/** Limiters of one id share their counts, whichever Workers of an account they are in: ids come from the project's name. */
function withOwnIds(text: string, name: string): string {
  const prefix = 100_000 + (createHash('sha256').update(name).digest().readUInt32BE() % 900_000)
  return text.replace(
    /"namespace_id": "1(\d{3})"/g,
    (_, rest: string) => `"namespace_id": "${prefix}${rest}"`,
  )
}
