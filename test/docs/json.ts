import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { ROOT } from './markdown.ts'

type Schema = Readonly<Record<string, unknown>>

const WRANGLER: Schema = JSON.parse(
  readFileSync(join(ROOT, 'node_modules/wrangler/config-schema.json'), 'utf8'),
) as Schema

/**
 * Reads a block of JSON with comments and trailing commas; members without braces around them are a part of an object.
 *
 * @throws Error with what is wrong
 */
export function readJsonc(code: string): unknown {
  const bare = code.replace(/^\s*\/\/.*\n/, '').trimStart()
  const text = bare.startsWith('{') || bare.startsWith('[') ? code : `{${code}}`
  const { config, error } = ts.parseConfigFileTextToJson('block.jsonc', text) as {
    readonly config?: unknown
    readonly error?: ts.Diagnostic
  }
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, ' '))
  return config
}

/** What a piece of wrangler.jsonc has that wrangler's own schema does not know: unknown members, values of another type. */
export function wranglerProblems(value: unknown): readonly string[] {
  const [root] = Array.isArray(WRANGLER.allOf) ? (WRANGLER.allOf as Schema[]) : []
  return problemsOf(value, resolve(root ?? {}), 'wrangler.jsonc')
}

function problemsOf(value: unknown, schema: Schema, at: string): readonly string[] {
  const any = schema.anyOf ?? schema.oneOf
  if (Array.isArray(any)) {
    const tried = (any as Schema[]).map((one) => problemsOf(value, resolve(one), at))
    return tried.find((problems) => problems.length === 0) ?? tried[0] ?? []
  }
  if (typeof schema.type === 'string' && schema.type !== typeOf(value, schema.type)) {
    return [`${at} must be of type ${schema.type}`]
  }
  if (Array.isArray(value)) {
    const items = schema.items
    return isSchema(items) ? value.flatMap((one, n) => problemsOf(one, resolve(items), `${at}[${n}]`)) : []
  }
  if (!isSchema(value)) return []
  const known = isSchema(schema.properties) ? schema.properties : {}
  return Object.entries(value).flatMap(([name, member]) => {
    const found = known[name] ?? schema.additionalProperties
    if (found === false) return [`${at}.${name} is not known to wrangler`]
    return isSchema(found) ? problemsOf(member, resolve(found), `${at}.${name}`) : []
  })
}

function typeOf(value: unknown, wanted: string): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return wanted === 'integer' && Number.isInteger(value) ? 'integer' : typeof value
}

function resolve(schema: Schema): Schema {
  if (typeof schema.$ref !== 'string') return schema
  const name = decodeURIComponent(schema.$ref.replace('#/definitions/', ''))
  const definition = isSchema(WRANGLER.definitions) ? WRANGLER.definitions[name] : undefined
  return isSchema(definition) ? resolve(definition) : {}
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
