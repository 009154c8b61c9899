import { pageOf } from './markdown.ts'

const { blocks, text } = pageOf('docs/guides/production.md')
const END = '## What a deploy does'
const lastLine = text.slice(0, text.indexOf(END)).split('\n').length

/** The steps of docs/guides/production.md: their text. */
export const steps = text.slice(text.indexOf('## In seven steps'), text.indexOf(END))

/** The code in them, of one language. */
export function codeOf(language: string): readonly string[] {
  return blocks
    .filter((block) => block.line < lastLine && block.language === language)
    .map(({ code }) => code.trim())
}

export const commands = codeOf('sh')
