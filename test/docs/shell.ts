/** One command of a block: its words, without quotes, assignments before it and redirections. */
export type Command = readonly string[]

/** What ends a command. */
const SEPARATORS = ['&&', '||', '|&', '|', ';', '&', '\n']

/**
 * The commands of a block of plain shell, those inside `$(…)` first. No loops, functions or here-documents: guides do
 * not need them.
 *
 * @throws Error for a quote or a parenthesis that is not closed
 */
export function commandsOf(code: string): readonly Command[] {
  const commands: Command[] = []
  let words: string[] = []
  let word: string | undefined
  let rest = code.replaceAll('\\\n', ' ')
  const endWord = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endCommand = (): void => {
    endWord()
    const command = withoutShellWords(words)
    if (command.length > 0) commands.push(command)
    words = []
  }
  while (rest !== '') {
    const separator = SEPARATORS.find((one) => rest.startsWith(one))
    const quoted = /^'([^']*)'/.exec(rest)
    const substitution = rest.startsWith('$(') ? closed(rest) : undefined
    if (separator !== undefined) {
      endCommand()
      rest = rest.slice(separator.length)
    } else if (/^[ \t]/.test(rest)) {
      endWord()
      rest = rest.slice(1)
    } else if (rest.startsWith('#') && word === undefined) {
      rest = rest.slice(Math.max(rest.indexOf('\n'), 0))
      if (!rest.startsWith('\n')) rest = ''
    } else if (quoted) {
      word = (word ?? '') + (quoted[1] ?? '')
      rest = rest.slice(quoted[0].length)
    } else if (substitution !== undefined) {
      commands.push(...commandsOf(substitution))
      word = `${word ?? ''}SUBSTITUTED`
      rest = rest.slice(substitution.length + 3)
    } else if (rest.startsWith('"')) {
      const inner = /^"((?:[^"\\]|\\.)*)"/s.exec(rest)
      if (!inner) throw new Error('a quote is not closed')
      const text = inner[1] ?? ''
      for (const [, inside = ''] of text.matchAll(/\$\(([^)]*)\)/g)) commands.push(...commandsOf(inside))
      word = (word ?? '') + text.replaceAll(/\$\([^)]*\)/g, 'SUBSTITUTED')
      rest = rest.slice(inner[0].length)
    } else {
      word = (word ?? '') + (rest[0] === '\\' ? (rest[1] ?? '') : (rest[0] ?? ''))
      rest = rest.slice(rest[0] === '\\' ? 2 : 1)
    }
  }
  endCommand()
  return commands
}

/** What stands inside the `$(…)` at the start of `text`. */
function closed(text: string): string {
  let depth = 0
  for (let index = 1; index < text.length; index++) {
    if (text[index] === '(') depth++
    if (text[index] === ')') depth--
    if (depth === 0) return text.slice(2, index)
  }
  throw new Error('a parenthesis is not closed')
}

function withoutShellWords(words: readonly string[]): Command {
  const first = words.findIndex((word) => !/^\w+=/.test(word))
  const command = first < 0 ? [] : words.slice(first)
  const redirection = command.findIndex((word) => /^\d?[<>]/.test(word))
  return redirection < 0 ? command : command.slice(0, redirection)
}
