import type { KitDescription } from '@sealgate/kit'
import { expect, it, vi } from 'vitest'
import { signingEnds } from './signing-ends.ts'

type Slots = NonNullable<KitDescription['sign']>['slots']

function kitOf(slots: () => Promise<Slots>) {
  return {
    describe: vi.fn(
      async () => ({ sign: { mode: 'EdDSA', slots: await slots() } }) as unknown as KitDescription,
    ),
  }
}

it('the end of the signing slots is that of the last one that is usable, asked for once', async () => {
  const kit = kitOf(() =>
    Promise.resolve([
      { name: 'A', state: 'signing', exp: 100 },
      { name: 'B', state: 'next', exp: 300 },
      { name: 'C', state: 'skipped', exp: 900 },
    ]),
  )
  const ends = signingEnds(
    () => kit,
    () => 0,
  )
  expect(ends()).toBeUndefined()
  await vi.waitFor(() => expect(ends()).toBe(300))
  expect(kit.describe).toHaveBeenCalledTimes(1)
})

it('the end of the signing slots is not known for secrets, for a slot without one, nor without a kit', async () => {
  const secrets = kitOf(() => Promise.resolve([{ name: 'JWT_SECRET', state: 'signing' }]))
  const endless = kitOf(() =>
    Promise.resolve([
      { name: 'A', state: 'signing', exp: 100 },
      { name: 'B', state: 'next' },
    ]),
  )
  for (const find of [() => secrets, () => endless, () => undefined]) {
    const ends = signingEnds(find, () => 0)
    ends()
    await Promise.resolve()
    expect(ends()).toBeUndefined()
  }
})

it('the end of the signing slots is asked for again a minute after that failed', async () => {
  let isDown = true
  let now = 0
  const kit = kitOf(() =>
    isDown ? Promise.reject(new Error('down')) : Promise.resolve([{ name: 'A', state: 'signing', exp: 1 }]),
  )
  const ends = signingEnds(
    () => kit,
    () => now,
  )
  ends()
  await vi.waitFor(() => expect(kit.describe).toHaveBeenCalledTimes(1))
  isDown = false
  now = 59_999
  ends()
  await Promise.resolve()
  expect(kit.describe).toHaveBeenCalledTimes(1)
  now = 60_000
  ends()
  await vi.waitFor(() => expect(ends()).toBe(1))
})

it('the end of the signing slots may be asked for before the kit is made', async () => {
  const ends = signingEnds(
    () => kit,
    () => 0,
  )
  ends()
  const kit = kitOf(() => Promise.resolve([{ name: 'A', state: 'signing', exp: 1 }]))
  await vi.waitFor(() => expect(ends()).toBe(1))
})
