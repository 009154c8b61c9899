import { createKit, generateSecret, type Kit } from '@sealgate/kit'
import { expect, it, vi } from 'vitest'

/** A deny-list that can be told to wait with an answer. */
function slowStore() {
  const entries = new Map<string, unknown>()
  const [asked, release] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  return {
    isSlow: false,
    /** Settles once a slow read has begun. */
    asked: asked.promise,
    /** Ends the slow reads. */
    release: () => release.resolve(undefined),
    async get(keys: string[]): Promise<Map<string, unknown>> {
      if (this.isSlow) {
        asked.resolve(undefined)
        await release.promise
      }
      return new Map(keys.map((key) => [key, entries.get(key) ?? null]))
    },
    put(key: string, value: string): Promise<void> {
      entries.set(key, JSON.parse(value))
      return Promise.resolve()
    },
  }
}

function kitOf(denylist: ReturnType<typeof slowStore>): Kit {
  const onEvent = (): void => undefined
  return createKit({ issuer: 'a', audience: 'b', sign: { secret: generateSecret() }, denylist, onEvent })
}

// Class 45. A verdict that was there when the check began counts, whatever the cache forgets until it ends.
it('a flood of other tokens does not wash a revoked subject out while its token is looked up', async () => {
  // The flood takes longer than a read of the list may.
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const store = slowStore()
  const kit = kitOf(store)
  const token = await kit.sign({ sub: 'mallory' })
  await kit.revoke({ sub: 'mallory' })
  store.isSlow = true
  const verdict = kit.safeVerify(token)
  await Promise.race([store.asked, verdict])
  store.isSlow = false
  for (let index = 0; index < 1600; index++) await kit.verify(await kit.sign({ sub: `user-${index}` }))
  store.release()
  expect(await verdict).toMatchObject({ ok: false, reason: 'revoked' })
})
