/** Reads fixtures as JSON, and writes how much heap each cached token takes. Runs under `node --expose-gc`. */
import { createKit } from '@sealgate/kit'
import { createVerifier } from 'fast-jwt'
import { json } from 'node:stream/consumers'
import { freshStrings } from '../candidates/inputs.ts'
import { AUDIENCE, type Fixtures, ISSUER } from './fixtures.ts'

const REPEATS = 9

const fixtures = (await json(process.stdin)) as Fixtures
const { secret, publicJwk } = fixtures
const identity = { issuer: ISSUER, audience: AUDIENCE }
const mac = Buffer.from(secret, 'base64url')
const cache = fixtures.hs512.length

type Verify = (token: string) => unknown
/** How each makes a verifier that keeps as many verdicts as there are tokens. */
const MAKERS: Readonly<Record<string, readonly [tokens: readonly string[], make: () => Verify]>> = {
  'ours, EdDSA': [
    fixtures.eddsa,
    () => {
      const kit = createKit({ ...identity, tokenCacheEntries: cache, verify: { publicJwk } })
      return async (token) => {
        if (!(await kit.verify(token))) throw new Error('a good token was rejected')
      }
    },
  ],
  'ours, HS512': [
    fixtures.hs512,
    () => {
      const kit = createKit({ ...identity, tokenCacheEntries: cache, verify: { secret } })
      return async (token) => {
        if (!(await kit.verify(token))) throw new Error('a good token was rejected')
      }
    },
  ],
  'fast-jwt, cache, HS512': [
    fixtures.hs512,
    () =>
      createVerifier({ key: mac, allowedIss: ISSUER, allowedAud: AUDIENCE, algorithms: ['HS512'], cache }),
  ],
}

const found = []
for (const [name, [tokens, make]] of Object.entries(MAKERS)) {
  const bytes: number[] = []
  for (let repeat = -1; repeat < REPEATS; repeat++) {
    const each = await bytesOf(make(), tokens)
    // The first time compiles code, which stays.
    if (repeat >= 0) bytes.push(each)
  }
  found.push({ name, bytes, tokenBytes: tokens.reduce((sum, { length }) => sum + length, 0) / tokens.length })
}
process.stdout.write(JSON.stringify(found))

async function bytesOf(verify: Verify, tokens: readonly string[]): Promise<number> {
  const [first = '', ...others] = tokens
  const fresh = freshStrings(others)
  await verify(first)
  const before = heap()
  for (let index = 0; index < others.length; index++) await verify(fresh(index))
  const after = heap()
  // The verifier is in use until here.
  await verify(first)
  return (after - before) / others.length
}

function heap(): number {
  if (!globalThis.gc) throw new Error('needs node --expose-gc')
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}
