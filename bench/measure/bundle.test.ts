import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from './bundle.ts'

/** A checkout whose kit is two lines long. */
const checkout = mkdtempSync(join(tmpdir(), 'sealgate-bundle-'))

beforeAll(() => {
  const kit = join(checkout, 'node_modules/@sealgate/kit')
  mkdirSync(kit, { recursive: true })
  writeFileSync(join(kit, 'package.json'), '{ "exports": { "./jws": "./jws.js" } }')
  writeFileSync(join(kit, 'jws.js'), 'export const verifyCompact = "of the other checkout"')
})

afterAll(() => {
  rmSync(checkout, { recursive: true })
})

it('takes the packages of another checkout', async () => {
  const source = `export { verifyCompact } from '@sealgate/kit/jws'`
  expect((await bundle({ source }, { checkout })).text).toContain('of the other checkout')
  expect((await bundle({ source })).text).not.toContain('of the other checkout')
})

it('finds nothing in a face that a checkout does not have, and rejects what it lacks otherwise', async () => {
  const source = `import * as face from '@sealgate/kit/verify'; console.log('makeVerifier' in face)`
  expect((await bundle({ source }, { checkout })).text).toContain('console.log')
  await expect(bundle({ source: `import '@sealgate/kit/hono'` }, { checkout })).rejects.toThrow('hono')
})
