import { createTestIssuer } from '@sealgate/kit/testing'
import { expect, it } from 'vitest'
import { startIsolate } from '../support/resilience/isolate.ts'

it('a kit can be made at module scope on workerd, and is found again under a wrapped environment', async () => {
  const issuer = await createTestIssuer({ audience: 'reports' })
  const isolate = await startIsolate({
    worker: 'module-scope',
    runtime: 'workerd',
    bindings: { JWT_ISS: issuer.env.JWT_ISS, JWT_AUD: 'reports', JWT_JWKS_SERVICE_NAME: 'KEYS' },
    keys: async () => ({ body: await (await issuer.binding.fetch('https://jwks.internal/')).text() }),
  })
  try {
    for (const permissions of [['read:reports'], []]) {
      const answer = await isolate.get(await issuer.token({ permissions }))
      if (typeof answer === 'string') throw new Error(answer)
      expect(JSON.parse(answer.text)).toEqual({
        granted: permissions.length > 0,
        foreign: 'wrong_issuer',
        isSame: true,
      })
    }
    // One for each of the two kits: they share nothing.
    expect(issuer.binding.fetches).toBe(2)
  } finally {
    await isolate.close()
  }
})
