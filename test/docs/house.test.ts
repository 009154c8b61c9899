/** The pages as a whole: few, on the map, nothing said twice; and tables that come from the code. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { generated } from '../../docs/generate-reference.ts'
import { PAGES, pageOf, ROOT } from './markdown.ts'

const guides = PAGES.filter(({ path }) => /^docs\/(guides|reference)\//.test(path))

it('guides and references are twenty-one at most', () => {
  expect(guides.length).toBeGreaterThan(10)
  expect(guides.length).toBeLessThanOrEqual(21)
})

it('every page under docs is on the map', () => {
  const mapped = pageOf('docs/README.md').links.map(({ target }) => `docs/${target}`)
  const pages = PAGES.map(({ path }) => path).filter(
    (path) => path.startsWith('docs/') && path !== 'docs/README.md',
  )
  expect(pages.filter((path) => !mapped.includes(path))).toEqual([])
})

it('no paragraph of some length stands twice in the pages', () => {
  const seen = new Map<string, string>()
  const twice: string[] = []
  for (const { path, text } of PAGES) {
    for (const paragraph of text.split(/\n{2,}/).map((one) => one.replace(/\s+/g, ' ').trim())) {
      // A short one can be a heading, a label or a command; a block of code has to be whole wherever it stands.
      if (paragraph.length < 200 || paragraph.startsWith('```')) continue
      const before = seen.get(paragraph)
      if (before !== undefined) twice.push(`${before} and ${path}: ${paragraph.slice(0, 60)}`)
      seen.set(paragraph, path)
    }
  }
  expect(twice).toEqual([])
})

it.each([...generated()])('%s is what the code says of itself (npm run reference)', (path, text) => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text)
})

it('the README has at most 250 lines, and the two commands come first', () => {
  const { text } = pageOf('README.md')
  expect(text.split('\n').length).toBeLessThanOrEqual(250)
  expect(text).toMatch(/^# Sealgate\n\n```sh\nnpm ci && npm start .*\nnpm ci && npm test .*\n```/)
})
