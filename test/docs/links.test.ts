/** Links lead somewhere: to files that are there, to headings that are there, and abroad by https. So do names of files. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { type Link, PAGES, ROOT } from './markdown.ts'

const links = PAGES.flatMap((page) => page.links)
const at = ({ page, line, target }: Link): string => `${page}:${line} → ${target}`
const isAbroad = ({ target }: Link): boolean => /^[a-z]+:/i.test(target)

/** The path from the root that a link at home names. */
function pathOf({ page, target }: Link): string {
  const [path = ''] = target.split('#')
  return path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path))
}

it('finds links', () => {
  expect(links.length).toBeGreaterThan(50)
})

it('leads from each link somewhere', () => {
  expect(links.filter(({ target }) => target === '').map(at)).toEqual([])
})

it('calls no page by another page’s name', () => {
  const misnamed = links.filter(
    (link) => /^[\w./-]+[.]\w+$/.test(link.text) && basename(link.text) !== basename(pathOf(link)),
  )
  expect(misnamed.map((link) => `${link.text}: ${at(link)}`)).toEqual([])
})

it('names source files that are there', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
  const words = PAGES.flatMap((page) => page.words).filter(({ text }) =>
    /^[\w./-]+[.](?:ts|js|mjs)$/.test(text),
  )
  expect(words.length).toBeGreaterThan(100)
  const gone = words.filter(({ text }) => !tracked.some((path) => `/${path}`.endsWith(`/${text}`)))
  expect(gone.map(({ page, line, text }) => `${page}:${line}: ${text}`)).toEqual([])
})

it('goes abroad by https alone', () => {
  const bad = links.filter(
    (link) => isAbroad(link) && !(URL.canParse(link.target) && link.target.startsWith('https://')),
  )
  expect(bad.map(at)).toEqual([])
})

it('names files that are there', () => {
  const dead = links.filter((link) => !isAbroad(link) && !existsSync(join(ROOT, pathOf(link))))
  expect(dead.map(at)).toEqual([])
})

it('names headings that are there', () => {
  const dead = links.filter((link) => {
    const [, anchor] = link.target.split('#')
    if (isAbroad(link) || anchor === undefined) return false
    return !PAGES.find(({ path }) => path === pathOf(link))?.anchors.has(anchor)
  })
  expect(dead.map(at)).toEqual([])
})

it('lets a newcomer reach every guide from the README within two steps', () => {
  const seen = new Set(['README.md'])
  for (let step = 0; step < 2; step++) {
    for (const link of links) if (seen.has(link.page) && !isAbroad(link)) seen.add(pathOf(link))
  }
  const guides = PAGES.map(({ path }) => path).filter((path) => path.startsWith('docs/'))
  expect(guides.filter((path) => !seen.has(path))).toEqual([])
})

it('gives each guide its title and its group on the site, and the site knows each', () => {
  const { projectDocuments, groupOrder } = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8')) as {
    readonly projectDocuments: readonly string[]
    readonly groupOrder: readonly string[]
  }
  const guides = PAGES.filter(({ path }) => path.startsWith('docs/') && path !== 'docs/README.md')
  expect(guides.filter(({ frontMatter }) => !frontMatter.title).map(({ path }) => path)).toEqual([])
  expect(
    guides.filter(({ frontMatter }) => !groupOrder.includes(frontMatter.group ?? '')).map(({ path }) => path),
  ).toEqual([])
  expect(guides.map(({ path }) => path).sort()).toEqual([...projectDocuments].sort())
})
