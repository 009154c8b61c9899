/** The tables of docs/guides/migrating.md: what stands on the right compiles, and what is of a package that is here, on the left. */
import { expect, it } from 'vitest'
import { type Block, pageOf } from './markdown.ts'
import { compile } from './typescript.ts'

const PAGE = 'docs/guides/migrating.md'

/** What a line of a table takes as given. Each is a module of its own. */
const HERE = `
import type { AgentConnection, AuthenticatedAgent, OwnedByCaller, UpgradeContext } from '@sealgate/kit/agents'
import { AuthAgent, OwnedAgent } from '@sealgate/kit/agents'
import { Agent } from 'agents'
import { AIChatAgent } from '@cloudflare/ai-chat'
import { createKit, envMode, generateSecret, isExpiringSoon, parse, policy } from '@sealgate/kit'
import { auth0, createExternalVerifier } from '@sealgate/kit/external'
import { cookie, guard, header, type SealgateEnv } from '@sealgate/kit/hono'
import { verifyCompact } from '@sealgate/kit/jws'
import { Hono, type Context } from 'hono'
type Env = Cloudflare.Env
declare const app: Hono
declare const env: object
declare const c: Context<SealgateEnv>
declare const agent: AuthenticatedAgent & OwnedByCaller
declare const issuer: string, audience: string, jws: string, sub: string, secret: string
declare const domain: string, clientID: string, clientSecret: string, baseURL: string
declare const publicJwk: Readonly<Record<string, unknown>>
`

const JOSE = `
import { compactVerify, createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
declare const jwks: ReturnType<typeof createRemoteJWKSet>
declare const secret: Uint8Array, key: CryptoKey
declare const kid: string, issuer: string, audience: string, jws: string
declare const error: unknown, payload: JWTPayload, headers: Headers
`

const HONO = `
import { Hono, type Context } from 'hono'
import { jwk } from 'hono/jwk'
import { decode, jwt, type JwtVariables, sign, verify } from 'hono/jwt'
declare const app: Hono, c: Context<{ Variables: JwtVariables }>
declare const secret: string, exp: number
`

interface Line {
  readonly section: string
  readonly line: number
  readonly left: string
  readonly right: string
}

const lines = pageOf(PAGE)
  .text.split('\n')
  .reduce<{ readonly section: string; readonly found: readonly Line[] }>(
    ({ section, found }, text, index) => {
      const [, heading] = /^## (.+)$/.exec(text) ?? []
      // A line of code on both sides; what only names variables has them alone.
      const [, left = '', right = ''] =
        /^\| `([^`]*)`(?:, `[^`]*`)* \| `([^`]*)`(?:, `[^`]*`)* \| .*\|$/.exec(text) ?? []
      return {
        section: heading ?? section,
        found: right === '' ? found : [...found, { section, line: index + 1, left, right }],
      }
    },
    { section: '', found: [] },
  )
  .found.filter(({ right }) => !/^[A-Z][A-Z0-9_]+(=|$)/.test(right))

/** A line as code: what imports stands for itself, a method is one of an Agent, and the rest of a function. */
function blockOf(given: string, { section, line, ...sides }: Line, side: 'left' | 'right'): Block {
  const code = sides[side]
  const isRight = side === 'right'
  const inside = /^on[A-Z]\w*\(/.test(code)
    ? `class Own extends AuthAgent(Agent<Env>) { override ${code} }`
    : `export async function row(${isRight ? 'this: AuthenticatedAgent & OwnedByCaller' : ''}) { ${code} }`
  return {
    page: `${PAGE}-${side}`,
    line,
    language: 'ts',
    code: code.startsWith('import ') ? `${code}\n` : `${given}${isRight ? extraOf(section) : ''}${inside}\n`,
    marker: undefined,
  }
}

/** What a section has besides: names that two of them have for two things. */
function extraOf(section: string): string {
  const kit = section === 'From Flarelette' ? '@sealgate/kit/adapters/hono' : '@sealgate/kit'
  const auth = "import { auth, type OIDCEnv, requiresAuth } from '@sealgate/gateway/hono'"
  return `import { makeKit } from '${kit}'\n${section === 'From auth0-hono' ? `${auth}\n` : ''}`
}

it('finds the lines of all five', () => {
  const counts = Object.groupBy(lines, ({ section }) => section)
  expect(Object.entries(counts).map(([section, found = []]) => [section, found.length > 8])).toEqual([
    ['From Flarelette', true],
    ['From auth0-hono', true],
    ['From auth0-cloudflare-agents-api', true],
    ['From jose, by hand', true],
    ['From hono/jwt', true],
  ])
})

it('what stands on the right compiles, line for line', () => {
  expect(compile(lines.map((line) => blockOf(HERE, line, 'right')))).toEqual([])
})

it.each([
  ['From jose, by hand', JOSE],
  ['From hono/jwt', HONO],
])('what stands on the left %s compiles with that package', (section, given) => {
  const own = lines.filter((line) => line.section === section)
  expect(compile(own.map((line) => blockOf(given, line, 'left')))).toEqual([])
})
