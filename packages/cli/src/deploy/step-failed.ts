/** A step of a deploy that failed, and what is left of the run. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
  readonly title: string
  /** What wrangler printed. */
  readonly output: string
  readonly left: string
  readonly logFile: string

  constructor({
    title,
    output,
    advice,
    left,
    logFile,
  }: {
    readonly title: string
    readonly output: string
    readonly advice: string | undefined
    readonly left: string
    readonly logFile: string
  }) {
    const lines = [`${title} failed:`, output, ...(advice === undefined ? [] : ['', advice]), '', left]
    super([...lines, `All of wrangler's output: ${logFile}`].join('\n'))
    this.title = title
    this.output = output
    this.left = left
    this.logFile = logFile
  }
}

/** Cloudflare's code, and what to do. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /code: (10000|10001|10023)\b/,
    'The API token lacks a permission. A deploy needs Workers Scripts: Edit; routes need Workers Routes: Edit of the zone; KV needs Workers KV Storage: Edit.',
  ],
  [
    /code: 9109\b|CLOUDFLARE_API_TOKEN environment variable/,
    'There is no login at Cloudflare: npx wrangler login, or CLOUDFLARE_API_TOKEN.',
  ],
  [
    /code: 1014[34]\b/,
    'A Worker that is bound is not in this project, and not at Cloudflare: deploy it first, or correct "services".',
  ],
  [
    /code: 1004[12]\b/,
    'A KV namespace is none of this account: npx wrangler kv namespace create prints an id.',
  ],
  [/code: 10061\b/, 'A Durable Object class has no migration: add it to "migrations" under a new tag.'],
]

/** What to do about what wrangler printed. */
export function adviceFor(output: string): string | undefined {
  return ADVICE.find(([pattern]) => pattern.test(output))?.[1]
}
