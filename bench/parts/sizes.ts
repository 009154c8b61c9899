import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readWorkerConfig } from 'sealgate/internal'
import { type Bundle, bundle, ROOT } from '../measure/bundle.ts'
import { facesOf, peers } from '../measure/faces.ts'

/** What a Worker ships for one way of use. */
export interface Size {
  readonly name: string
  readonly minified: number
  /** Absent for a part of a bundle: parts are not compressed alone. */
  readonly gzip?: number
}

/** A bundle that can be made again, of this checkout or of another. */
export interface Sized {
  readonly name: string
  readonly make: (checkout?: string) => Promise<Bundle>
}

const VERIFY = './verify'

interface Use {
  readonly name: string
  readonly source: string
  /** A face of the kit that an older build may lack: there is no row without it. */
  readonly face?: string
}

/** One row a way of use: what is imported, and from where. */
const USES: readonly Use[] = [
  { name: 'ours: makeKit, all of it', source: `export { makeKit } from '@sealgate/kit'` },
  {
    name: 'ours: makeKit, policy, guard',
    source: `export { makeKit, policy } from '@sealgate/kit'; export { guard } from '@sealgate/kit/hono'`,
  },
  {
    name: 'ours: makeVerifier',
    source: `export { makeVerifier } from '@sealgate/kit/verify'`,
    face: VERIFY,
  },
  {
    name: 'ours: makeVerifier, guard, 2 rules',
    source: `export { makeVerifier, needAll, rolesAny } from '@sealgate/kit/verify'; export { guard } from '@sealgate/kit/hono/verify'`,
    face: VERIFY,
  },
  {
    name: 'ours: createVerifier',
    source: `export { createVerifier } from '@sealgate/kit/verify'`,
    face: VERIFY,
  },
  {
    name: 'ours: ./jws, sign and verify',
    source: `export { signCompact, verifyCompact } from '@sealgate/kit/jws'`,
  },
  { name: 'ours: ./jws, verify', source: `export { verifyCompact } from '@sealgate/kit/jws'` },
  {
    name: 'ours: ./log, metrics',
    source: `export { analyticsEngine } from '@sealgate/kit/log'`,
    face: './log',
  },
  {
    name: 'ours: ./log, one sink',
    source: `export { otlpLogs } from '@sealgate/kit/log'`,
    face: './log',
  },
  {
    name: 'jose: verify, remote JWKS, sign',
    source: `export { jwtVerify, createRemoteJWKSet, SignJWT } from 'jose'`,
  },
  { name: 'jose: verify, remote JWKS', source: `export { jwtVerify, createRemoteJWKSet } from 'jose'` },
  { name: 'jose: verify', source: `export { jwtVerify } from 'jose'` },
  { name: 'jose: compactVerify, CompactSign', source: `export { compactVerify, CompactSign } from 'jose'` },
  { name: 'hono: jwk middleware', source: `export { jwk } from 'hono/jwk'` },
  { name: 'hono: the framework itself', source: `export { Hono } from 'hono'` },
  { name: 'tsndr', source: `export { sign, verify } from '@tsndr/cloudflare-worker-jwt'` },
]

/** Ways of use whose face a checkout does not have. */
export function absentUses(checkout: string = ROOT): readonly string[] {
  const faces = facesOf(checkout)
  return USES.filter(({ face }) => face !== undefined && !faces.includes(face)).map(({ name }) => name)
}

function uses(): readonly Sized[] {
  const absent = absentUses()
  return USES.filter(({ name }) => !absent.includes(name)).map(({ name, source }) => ({
    name,
    make: (checkout = ROOT) => bundle({ source }, { checkout }),
  }))
}

/** Every face of the kit, the whole of it, without its peers. */
function faces(): readonly Sized[] {
  return facesOf().map((face) => ({
    name: `face ${face}`,
    make: (checkout = ROOT) =>
      bundle({ source: `export * from '@sealgate/kit${face.slice(1)}'` }, { checkout, external: peers() }),
  }))
}

/** Every Worker that this repository ships, as its own wrangler.jsonc has it bundled. */
function workers(): readonly Sized[] {
  const folder = join(ROOT, 'workers')
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'wrangler.jsonc')))
    .map((name) => ({
      name: `Worker ${name}`,
      make: (checkout = ROOT) => {
        const config = readWorkerConfig(join(folder, name, 'wrangler.jsonc'), '')
        const { main, minify = false, keep_names: keepNames = true } = config
        if (main === undefined) throw new Error(`workers/${name}/wrangler.jsonc has no main`)
        return bundle({ file: main }, { checkout, minify, keepNames })
      },
    }))
}

/** All that has a name and can be looked into. */
export function allSized(): readonly Sized[] {
  return [...uses(), ...faces(), wholeKit(), ...workers()]
}

/** Bundles each, one after the other. */
export async function measureSizes(sized: readonly Sized[] = allSized()): Promise<readonly Size[]> {
  const sizes: Size[] = []
  for (const { name, make } of sized) {
    const { minified, gzip } = await make()
    sizes.push({ name, minified, gzip })
  }
  return sizes
}

/** What each room of the kit is, in a bundle of all faces. */
export async function measureRooms(): Promise<readonly Size[]> {
  const { files } = await wholeKit().make()
  const rooms = Map.groupBy(files, ([file]) => roomOf(file))
  return [...rooms]
    .flatMap(([name, parts]) =>
      name === undefined ? [] : [{ name, minified: parts.reduce((sum, [, bytes]) => sum + bytes, 0) }],
    )
    .toSorted((one, other) => other.minified - one.minified)
}

/**
 * The files of a bundle or a room with their bytes, the largest first.
 *
 * @returns `undefined` when there is nothing of this name
 */
export async function filesIn(name: string): Promise<readonly (readonly [string, number])[] | undefined> {
  const sized = allSized().find((one) => one.name === name)
  const { files } = await (sized ?? wholeKit()).make()
  const own = sized ? [...files] : [...files].filter(([file]) => roomOf(file) === name)
  return own.length === 0 ? undefined : own.toSorted(([, one], [, other]) => other - one)
}

function wholeKit(): Sized {
  return {
    name: 'all faces of the kit',
    make: (checkout = ROOT) => {
      const source = facesOf(checkout)
        .map((face, index) => `export * as face${index} from '@sealgate/kit${face.slice(1)}'`)
        .join('\n')
      return bundle({ source }, { checkout, external: peers() })
    },
  }
}

/** A room is a folder of the kit's; a file that stands above them is one of its own. */
function roomOf(file: string): string | undefined {
  const room = /^packages\/kit\/(?:dist\/)?([^/.]+)/.exec(file)?.[1]
  return room === undefined ? undefined : `room ${room}`
}
