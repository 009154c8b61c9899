import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** How a block says that it is checked otherwise. The words stand in an HTML comment right above the block. */
export type Marker =
  | { readonly kind: 'continues' }
  | { readonly kind: 'from'; readonly file: string }
  | { readonly kind: 'not checked'; readonly reason: string }

/** A fenced block of code. */
export interface Block {
  readonly page: string
  /** The line of its first fence, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  readonly marker: Marker | undefined
}

export interface Link {
  readonly page: string
  readonly line: number
  /** What is clicked, without the marks of code. */
  readonly text: string
  /** Empty, when somebody forgot it. */
  readonly target: string
}

/** A word in the marks of code, outside of blocks. */
export interface CodeWord {
  readonly page: string
  readonly line: number
  readonly text: string
}

/** A page of Markdown, as its tests see it. */
export interface Page {
  /** Path from the repository's root. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
  readonly links: readonly Link[]
  readonly words: readonly CodeWord[]
  /** What links may name after `#`. */
  readonly anchors: ReadonlySet<string>
  readonly frontMatter: Readonly<Record<string, string>>
}

/** Every page that people read: the root's, the guides, the packages'. */
export const PAGES: readonly Page[] = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...globSync('docs/**/*.md', { cwd: ROOT }).sort(),
  ...globSync('packages/*/README.md', { cwd: ROOT }).sort(),
].map((path) => readPage(path, readFileSync(join(ROOT, path), 'utf8')))

/** @throws Error when there is no such page */
export function pageOf(path: string): Page {
  const page = PAGES.find((one) => one.path === path)
  if (!page) throw new Error(`there is no page ${path}`)
  return page
}

/** What of a page stands from one heading up to another, or to its end. @throws Error when a heading is not there */
export function partOf(path: string, from: string, to?: string): Pick<Page, 'blocks' | 'text'> {
  const { blocks, text } = pageOf(path)
  const lines = text.split('\n')
  const [begin, end] = [lines.indexOf(from), to === undefined ? lines.length : lines.indexOf(to)]
  if (begin < 0 || end < begin) throw new Error(`${path} has no part from ${from}`)
  return {
    blocks: blocks.filter(({ line }) => line > begin && line <= end),
    text: lines.slice(begin, end).join('\n'),
  }
}

/** Reads a page: front matter, fenced blocks with their markers, links, headings. */
export function readPage(path: string, text: string): Page {
  const frontMatter: Record<string, string> = {}
  const blocks: Block[] = []
  const links: Link[] = []
  const words: CodeWord[] = []
  const anchors = new Set<string>()
  const lines = text.split('\n')
  let index = 0
  if (lines[0] === '---') {
    for (index = 1; lines[index] !== '---' && index < lines.length; index++) {
      const [, name, value] = /^(\w+): (.+)$/.exec(lines[index] ?? '') ?? []
      if (name !== undefined && value !== undefined) frontMatter[name] = value
    }
    index++
  }
  let comment = ''
  for (; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const fence = /^( *)(`{3,})([^\s`]*)$/.exec(line)
    if (fence) {
      const [, indent = '', ticks = '', language = ''] = fence
      const start = index
      const code: string[] = []
      for (index++; index < lines.length && lines[index] !== indent + ticks; index++) {
        code.push((lines[index] ?? '').slice(indent.length))
      }
      blocks.push({
        page: path,
        line: start + 1,
        language,
        code: `${code.join('\n')}\n`,
        marker: markerOf(comment),
      })
      comment = ''
      continue
    }
    const heading = /^#{1,6} (.+)$/.exec(line)
    // With code in it, GitHub and typedoc give it different ones.
    if (heading && !line.includes('`')) anchors.add(anchorOf(heading[1] ?? '', anchors))
    const at = { page: path, line: index + 1 }
    for (const [, text = ''] of line.matchAll(/`([^`]*)`/g)) words.push({ ...at, text })
    const prose = line.replace(/`([^`]*)`/g, (_, text: string) => text.replace(/[[\]()]/g, ''))
    for (const [, text = '', target = ''] of prose.matchAll(/\[([^[\]]*)\]\(([^)\s]*)\)/g)) {
      links.push({ ...at, text, target })
    }
    if (line.trim() !== '') comment = /^ *<!--/.test(line) ? line : ''
  }
  return { path, text, blocks, links, words, anchors, frontMatter }
}

function markerOf(comment: string): Marker | undefined {
  const [, words = ''] = /<!--(.*?)-->/.exec(comment) ?? []
  const [, kind, rest = ''] = /^(continues|from|not checked)(?:: (.+))?$/.exec(words.trim()) ?? []
  if (kind === 'continues') return { kind }
  if (kind === 'from') return { kind, file: rest }
  if (kind === 'not checked') return { kind, reason: rest }
  return undefined
}

/** The anchor that GitHub and typedoc give a heading. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const plain = heading
    .replace(/\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
  let anchor = plain
  for (let count = 1; taken.has(anchor); count++) anchor = `${plain}-${count}`
  return anchor
}
