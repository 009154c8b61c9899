import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeKit, policy } from '@sealgate/kit'
import { createTestIssuer } from '@sealgate/kit/testing'

// Not run by vitest: recipes.test.ts hands it to Node's own runner, as a user would.

const issuer = await createTestIssuer({ audience: 'reports' })
const jwt = makeKit(issuer.env, { onEvent: () => undefined })
const readers = policy().needAll('read:reports')

void test('lets readers in, and nobody else', async () => {
  const reader = await jwt.authorize(await issuer.token({ permissions: ['read:reports'] }), readers)
  assert.equal(reader.granted, true)
  for (const [token, status] of [
    [await issuer.token(), 403],
    [await issuer.expired(), 401],
    [await issuer.forged(), 401],
  ] as const) {
    const decision = await jwt.authorize(token, readers)
    assert.equal(decision.granted ? 200 : decision.status, status)
  }
})

void test('follows a rotation', async () => {
  await issuer.rotate()
  assert.notEqual(await jwt.verify(await issuer.token()), null)
})

void test('takes an outage for no verdict', async () => {
  issuer.break()
  const cold = makeKit({ ...issuer.env, JWT_LEEWAY: 5 }, { onEvent: () => undefined })
  assert.partialDeepStrictEqual(await cold.authorize(await issuer.token()), { granted: false, status: 503 })
})
