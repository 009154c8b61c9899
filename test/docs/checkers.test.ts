/** The checkers themselves: each finds the mistake that it is there for. */
import { expect, it } from 'vitest'
import { problemOf } from './commands.ts'
import { readJsonc, wranglerProblems } from './json.ts'
import { readPage } from './markdown.ts'
import { compile } from './typescript.ts'

const PAGE = [
  ...['---', 'title: A page', 'group: Guides', '---', '', '# The `kit`: what it does', ''],
  ...['See [below](#twice-1), not `[this](nowhere.md)`.', '', '## Twice', '## Twice', ''],
  ...[
    '```ts',
    "import { policy } from '@sealgate/kit'",
    "export const a: string = policy().needAl('x')",
    '```',
  ],
  ...['', '<!-- continues -->', '```ts', 'export const b: number = a', '```', ''],
  ...[
    '1. A list',
    '',
    '   <!-- not checked: it stands for whatever you have -->',
    '   ```sh',
    '   x',
    '   ```',
  ],
].join('\n')

it('reads a page: front matter, anchors, links, blocks with their markers and lines', () => {
  const { frontMatter, anchors, links, blocks } = readPage('page.md', PAGE)
  expect(frontMatter).toEqual({ title: 'A page', group: 'Guides' })
  // What a heading with code is called depends on who shows it.
  expect([...anchors]).toEqual(['twice', 'twice-1'])
  expect(links).toEqual([{ page: 'page.md', line: 8, text: 'below', target: '#twice-1' }])
  expect(
    blocks.map(({ line, language, code, marker }) => [line, language, code.split('\n').length - 1, marker]),
  ).toEqual([
    [13, 'ts', 2, undefined],
    [19, 'ts', 1, { kind: 'continues' }],
    [26, 'sh', 1, { kind: 'not checked', reason: 'it stands for whatever you have' }],
  ])
})

it('compiles blocks, and says on which line of the page one fails', () => {
  const { blocks } = readPage('page.md', PAGE)
  const complaints = compile(blocks.filter(({ language }) => language === 'ts'))
  expect(complaints.map(({ at, message }) => [at, message.slice(0, 28)])).toEqual([
    ['page.md:15', "Property 'needAl' does not e"],
    ['page.md:20', "Type 'string' is not assigna"],
  ])
})

it.each([
  ['// wrangler.jsonc\n"vars": { "A": "b" }', []],
  [
    '// wrangler.jsonc\n{ "name": "x", "servicez": [] }',
    ['wrangler.jsonc.servicez is not known to wrangler'],
  ],
  [
    '"services": [{ "binding": "A", "entrypont": "B" }]',
    ['wrangler.jsonc.services[0].entrypont is not known to wrangler'],
  ],
  [
    '"env": { "dev": { "workers_dev": "no" } }',
    ['wrangler.jsonc.env.dev.workers_dev must be of type boolean'],
  ],
])('holds %j against wrangler’s schema', (code, problems) => {
  expect(wranglerProblems(readJsonc(code))).toEqual(problems)
})

it('rejects what is no JSON', () => {
  expect(() => readJsonc('"vars": { "A": }')).toThrow()
})

it.each([
  ['npm run nothing', 'there is no script nothing'],
  ['npm run deploy -- --nothing', 'npm run deploy has no --nothing'],
  ['npx nothing', 'there is no program nothing'],
  ['npx kit-keygen --nothing', 'kit-keygen has no --nothing'],
  ['npx wrangler secret nothing', 'wrangler secret nothing is not known'],
  ['npx wrangler deploy --nothing', 'wrangler deploy has no --nothing'],
  ['.ci/nothing', 'there is no .ci/nothing'],
  ['npx vitest run test/nothing', 'there is no test/nothing'],
  ['npx vitest run test/security', undefined],
  ['node bench/nothing.ts', 'there is no bench/nothing.ts'],
  ['nothing', 'nothing is no program that readers have'],
  ['npx wrangler secret put NAME --env staging', undefined],
])('looks %j up', async (typed, problem) => {
  expect(await problemOf(typed.split(' '))).toBe(problem)
})
