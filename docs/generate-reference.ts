/**
 * `npm run reference`: writes the tables of docs/reference/environment.md from the settings tables of kit and gateway,
 * docs/reference/cli.md from the help of the commands, docs/reference/logs.md from the tables of the log, those of
 * docs/reference/errors.md from what `sealgate why` says of each reason, the columns and queries of docs/guides/monitoring.md,
 * and the gateway's OpenAPI document from its schemas. What stands above a row in the code, or in a command's help, is what
 * stands in the page; a test holds the two together.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSourceFile, type Node, ScriptTarget, SyntaxKind } from 'typescript'
import * as ts from 'typescript'
import { openApiModule } from '../packages/gateway/openapi/generate.ts'
import { commandPages } from './generate-commands.ts'
import { logsPage } from './generate-logs.ts'
import { monitoringBlocks } from './generate-monitoring.ts'
import { errorTables } from './generate-errors.ts'
import { tableOf } from './markdown-table.ts'

const ROOT = join(import.meta.dirname, '..')

/** The files as they should be, by their path. */
export function generated(): ReadonlyMap<string, string> {
  return new Map([
    page('docs/reference/environment.md', {
      kit: kitTable(join(ROOT, 'packages/kit/src/config')),
      gateway: gatewayTable(join(ROOT, 'packages/gateway/src/config/schema.ts')),
    }),
    page('docs/reference/cli.md', { commands: `${commandPages()}\n` }),
    page('docs/guides/monitoring.md', monitoringBlocks()),
    ['packages/gateway/src/routes/openapi-template.ts', openApiModule()],
    ['docs/reference/logs.md', logsPage()],
    page('docs/reference/errors.md', errorTables(wireOfGateway())),
  ])
}

function page(path: string, blocks: Readonly<Record<string, string>>): readonly [path: string, text: string] {
  const filled = Object.entries(blocks).reduce(
    (text, [name, block]) => fill(path, text, name, block),
    readFileSync(join(ROOT, path), 'utf8'),
  )
  return [path, filled]
}

function fill(path: string, page: string, name: string, table: string): string {
  const [start, end] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`]
  const from = page.indexOf(start)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path} has no block ${start} … ${end}`)
  return `${page.slice(0, from + start.length)}\n\n${table}\n${page.slice(to)}`
}

/** A row of the kit: what its interface says, and what its table says. */
function kitTable(folder: string): string {
  const verify = parse(join(folder, 'schema-verify.ts'))
  const sign = parse(join(folder, 'schema-sign.ts'))
  const rows: string[][] = []
  for (const [source, type, table] of [
    [verify, 'VerifyKeyInputs', 'VERIFY_KEYS'],
    [sign, 'SignKeyInputs', 'SIGN_KEYS'],
    [verify, 'VerifyPlain', 'VERIFY_SETTINGS'],
    [verify, 'DenylistPlain', 'DENYLIST_SETTINGS'],
    [verify, 'ApprovalPlain', 'APPROVAL_SETTINGS'],
    [sign, 'SignPlain', 'SIGN_SETTINGS'],
  ] as const) {
    const meanings = membersOf(source, type)
    for (const [name, row] of objectOf(source, table)) {
      const text = row.getText(source)
      const variable = /variable: '(\w+)'/.exec(text)?.[1]
      const role = /role: '(\w+)'/.exec(text)?.[1] ?? ''
      const option = /option: '([\w.]+)'/.exec(text)?.[1] ?? KEY_OPTIONS[name] ?? ''
      const shown =
        variable === undefined
          ? '—'
          : /via: 'named'/.test(text)
            ? `\`${variable}_NAME\` / \`${variable}\``
            : `\`${variable}\``
      rows.push([shown, option, role, defaultOf(name, text), meanings.get(name) ?? ''])
    }
  }
  return tableOf(['variable', 'option of `createKit`', 'role', 'default', 'meaning'], rows)
}

const KEY_OPTIONS: Readonly<Record<string, string>> = {
  secret: '`sign.secret`, `verify.secret`',
  privateJwk: '`sign.privateJwk`',
  publicJwk: '`verify.publicJwk`',
  jwksService: '`verify.jwksService`',
  jwksUrl: '`verify.jwksUrl`',
}

/** The constants of the kit, by name. */
const CONSTANTS = new Map(
  [
    ...readFileSync(join(ROOT, 'packages/kit/src/constants.ts'), 'utf8').matchAll(
      /^export const (\w+) = (\S+)$/gm,
    ),
  ].map(([, name = '', value = '']) => [name, value]),
)

function defaultOf(name: string, text: string): string {
  if (name === 'issuer' || name === 'audiences') return 'required'
  const number = /(?:wholeNumber\(|readNumber\(\s*value,\s*label,\s*Math\.min\()(\w+)/.exec(text)?.[1]
  if (number !== undefined) return CONSTANTS.get(number) ?? number
  const choice = /readChoice\(value, label, \['(\w+)'/.exec(text)?.[1]
  if (choice !== undefined) return `\`${choice}\``
  return name === 'typ' ? '`JWT`' : '—'
}

/** A row of the gateway: the comment above it, and its default. */
function gatewayTable(file: string): string {
  const source = parse(file)
  const rows = objectOf(source, 'VARIABLES').flatMap(([name, row]) => {
    // Set by the development system for itself alone.
    if (name.startsWith('DEV_')) return []
    const meaning = commentOf(source, row.parent)
    const text = row.getText(source)
    const given =
      ts.isCallExpression(row) && row.expression.getText(source) === 'z._default'
        ? row.arguments[1]?.getText(source)
        : undefined
    const isRequired = /^required\(/.test(text)
    const shown = given?.replace(/^\[\]$/, '—').replaceAll("'", '`')
    const isText = shown !== undefined && shown !== '—' && !shown.startsWith('`')
    return [[`\`${name}\``, isRequired ? 'required' : isText ? `\`${shown}\`` : (shown ?? '—'), meaning]]
  })
  return tableOf(['variable', 'default', 'meaning'], rows)
}

/** Status and `error` of each error of the gateway, and whose it is if it is not the gateway's. */
function wireOfGateway(): ReadonlyMap<string, string> {
  const source = parse(join(ROOT, 'packages/gateway/src/errors.ts'))
  return new Map(
    objectOf(source, 'ERRORS').map(([kind, row]) => {
      const text = row.getText(source)
      const [, status = '', error = ''] = /^row\(\s*(\d+),\s*'(\w+)'/.exec(text) ?? []
      return [kind, `${status} \`${error}\`${text.includes("source: 'auth0'") ? ' (auth0)' : ''}`]
    }),
  )
}

function parse(file: string): ts.SourceFile {
  return createSourceFile(file, readFileSync(file, 'utf8'), ScriptTarget.Latest, true)
}

/** The members of an object literal in a declaration, or within a call of one. */
function objectOf(source: ts.SourceFile, name: string): readonly (readonly [string, Node])[] {
  const found: (readonly [string, Node])[] = []
  const visit = (node: Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText(source) === name && node.initializer) {
      const initializer = bare(node.initializer)
      const object = ts.isCallExpression(initializer) ? initializer.arguments[0] : initializer
      if (object && ts.isObjectLiteralExpression(object)) {
        for (const property of object.properties) {
          if (ts.isPropertyAssignment(property)) {
            found.push([property.name.getText(source), property.initializer])
          }
        }
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  if (found.length === 0) throw new Error(`there is no table ${name} in ${source.fileName}`)
  return found
}

/** Without `as const` and `satisfies`. */
function bare(expression: ts.Expression): ts.Expression {
  return ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression)
    ? bare(expression.expression)
    : expression
}

/** What the members of an interface say of themselves. */
function membersOf(source: ts.SourceFile, name: string): ReadonlyMap<string, string> {
  const meanings = new Map<string, string>()
  const visit = (node: Node): void => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) {
      for (const member of node.members)
        meanings.set(member.name?.getText(source) ?? '', commentOf(source, member))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return meanings
}

function commentOf(source: ts.SourceFile, node: Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node)
  if (comment?.kind !== SyntaxKind.JSDoc) throw new Error(`${node.getText(source)} says nothing of itself`)
  return (ts.getTextOfJSDocComment((comment as ts.JSDoc).comment) ?? '').replace(/\s+/g, ' ').trim()
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of generated()) writeFileSync(join(ROOT, path), text)
}
