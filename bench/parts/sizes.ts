import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What a Worker would ship for one way of use. */
export interface Size {
  readonly name: string
  readonly minified: number
  readonly gzip: number
}

/** One row a way of use: what is imported, and from where. */
export const USES: readonly (readonly [name: string, source: string])[] = [
  ['ours: makeKit, all of it', `export { makeKit } from '@sealgate/kit'`],
  [
    'ours: makeKit, policy, guard',
    `export { makeKit, policy } from '@sealgate/kit'; export { guard } from '@sealgate/kit/hono'`,
  ],
  ['ours: ./jws, sign and verify', `export { signCompact, verifyCompact } from '@sealgate/kit/jws'`],
  ['ours: ./jws, verify', `export { verifyCompact } from '@sealgate/kit/jws'`],
  ['jose: verify, remote JWKS, sign', `export { jwtVerify, createRemoteJWKSet, SignJWT } from 'jose'`],
  ['jose: verify', `export { jwtVerify } from 'jose'`],
  ['jose: compactVerify, CompactSign', `export { compactVerify, CompactSign } from 'jose'`],
  ['hono: jwk middleware', `export { jwk } from 'hono/jwk'`],
  ['hono: the framework itself', `export { Hono } from 'hono'`],
  ['tsndr', `export { sign, verify } from '@tsndr/cloudflare-worker-jwt'`],
]

/** Bundles and minifies each way of use as a deployment would. */
export async function measureSizes(): Promise<readonly Size[]> {
  return Promise.all(
    USES.map(async ([name, contents]) => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: import.meta.dirname },
        bundle: true,
        write: false,
        minify: true,
        format: 'esm',
        target: 'es2024',
        conditions: ['workerd', 'worker', 'import'],
        external: ['cloudflare:workers'],
      })
      const code = outputFiles[0]?.contents ?? new Uint8Array()
      return { name, minified: code.length, gzip: gzipSync(code, { level: 9 }).length }
    }),
  )
}
