/**
 * Objects as workerd prints them. A Worker's `console.warn(object)` arrives as text in the form of Node's `util.inspect`, and
 * nothing of wrangler's development server has it as JSON (docs/reference/runtime.md).
 */

/** Longer text is no line of ours. Characters. */
const MAX_LENGTH = 64 * 1024
const MAX_DEPTH = 3

const TOKEN =
  /\s*(?:([{}:,+])|('(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`(?:[^`\\]|\\[^])*`)|(-?\d[\w.+-]*)|([A-Za-z_$][\w$]*))/y

const ESCAPED = /\\(?:x([\dA-F]{2})|u([\da-fA-F]{4})|([^]))/g
const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const WORDS: ReadonlyMap<string, unknown> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
])

type Members = Readonly<Record<string, unknown>>

/**
 * The object that a text shows: of texts, numbers, booleans, and such objects within it. `undefined` for whatever else
 * stands there: an array, an error, words before it.
 */
export function readInspected(text: string): Members | undefined {
  if (text.length > MAX_LENGTH || !text.startsWith('{')) return undefined
  const tokens = tokensOf(text)
  if (!tokens) return undefined
  const reader = new Reader(tokens)
  try {
    const value = reader.object(0)
    return reader.isAtEnd ? value : undefined
  } catch {
    return undefined
  }
}

interface Token {
  readonly kind: 'sign' | 'text' | 'number' | 'word'
  readonly text: string
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  const pattern = new RegExp(TOKEN)
  while (pattern.lastIndex < text.length) {
    const [, sign, quoted, number, word] = pattern.exec(text) ?? []
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unquoted(quoted) })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else return undefined
  }
  return tokens
}

function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(ESCAPED, (_, byte?: string, unit?: string, letter: string = '') =>
      byte === undefined && unit === undefined
        ? (LETTERS[letter] ?? letter)
        : String.fromCharCode(Number.parseInt(byte ?? unit ?? '', 16)),
    )
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  object(depth: number): Members {
    if (depth > MAX_DEPTH) throw new SyntaxError('deeper than a line is')
    this.#sign('{')
    const members: [string, unknown][] = []
    while (!this.#isSign('}')) {
      if (members.length > 0) this.#sign(',')
      const { kind, text } = this.#next()
      if (kind !== 'word' && kind !== 'text') throw new SyntaxError('a name is expected')
      this.#sign(':')
      members.push([text, this.#value(depth)])
    }
    this.#sign('}')
    return Object.fromEntries(members)
  }

  #value(depth: number): unknown {
    if (this.#isSign('{')) return this.object(depth + 1)
    const { kind, text } = this.#next()
    if (kind === 'number') return Number(text)
    if (kind === 'word' && WORDS.has(text)) return WORDS.get(text)
    if (kind !== 'text') throw new SyntaxError('a value is expected')
    // A text with line breaks is printed in parts.
    const parts = [text]
    while (this.#isSign('+')) {
      this.#at++
      const part = this.#next()
      if (part.kind !== 'text') throw new SyntaxError('a text is expected')
      parts.push(part.text)
    }
    return parts.join('')
  }

  #isSign(sign: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'sign' && token.text === sign
  }

  #sign(sign: string): void {
    if (!this.#isSign(sign)) throw new SyntaxError(`${sign} is expected`)
    this.#at++
  }

  #next(): Token {
    const token = this.#tokens[this.#at++]
    if (!token) throw new SyntaxError('more is expected')
    return token
  }
}
