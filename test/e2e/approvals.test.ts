/** A person's yes, from their connection to the verified receipt, over real Workers. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyReceipt } from '@sealgate/kit/approvals'
import { main } from 'sealgate/internal'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Approvals, type PaymentsName, startApprovals } from '../support/approvals/start.ts'

const ARGS = { to: 'bob', amount: 120 }

let system: Approvals

beforeAll(async () => {
  system = await startApprovals()
})
afterAll(() => system.close())
afterEach(() => {
  vi.restoreAllMocks()
})

interface Tokens {
  readonly approval: string
  readonly bearer: string
}

async function tokens(sub?: string): Promise<Tokens> {
  const response = await system.assistant('tokens', ARGS, sub)
  expect(response.status).toBe(200)
  return (await response.json()) as Tokens
}

const send = (name: PaymentsName, { approval, bearer }: Tokens, args: unknown = ARGS): Promise<Response> =>
  system.pay(name, args, { Authorization: `Bearer ${bearer}`, 'Txn-Token': approval })

async function statusesOf(responses: readonly Promise<Response>[]): Promise<readonly number[]> {
  const all = await Promise.all(responses)
  await Promise.all(all.map((response) => response.text()))
  return all.map(({ status }) => status).sort()
}

describe('a payment that a person approved', () => {
  it('is made, and its receipt is verified with the published keys alone', async () => {
    const response = await system.assistant('pay', ARGS)
    expect(response.status).toBe(200)
    const receipt: unknown = await response.json()
    const jwks = await system.jwks()
    const verified = await verifyReceipt(receipt, jwks)
    expect(verified).toMatchObject({
      ok: true,
      receipt: {
        act: { tool: 'transfer', args: ARGS },
        approval: { sub: 'auth0|alice', aud: 'payments', act: { sub: 'assistant', act: { sub: 'gateway' } } },
        outcome: { payment: 'p-17', status: 'paid' },
      },
    })

    const folder = mkdtempSync(join(tmpdir(), 'sealgate-'))
    const [file, keys, none] = ['receipt.json', 'jwks.json', 'none.json'].map((name) => join(folder, name))
    writeFileSync(file ?? '', JSON.stringify(receipt))
    writeFileSync(keys ?? '', JSON.stringify(jwks))
    writeFileSync(none ?? '', '{"keys":[]}')
    expect(await sealgate(file, keys)).toEqual({
      code: 0,
      text: expect.stringMatching(
        /^The receipt holds\.\n {2}approved by +auth0\|alice, 20.+\n {2}act +transfer {"to":"bob","amount":120}\n {2}done by +assistant, at payments\n {2}outcome +{"payment":"p-17","status":"paid"}\n[\s\S]+ {2}key +\S+ \([\w-]{43}\)\n$/,
      ) as string,
    })
    expect(await sealgate(file, none)).toEqual({
      code: 1,
      text: expect.stringMatching(
        /^The receipt does not hold: unknown_kid: .*\nKeys leave the published set/,
      ) as string,
    })
    expect(await sealgate(file, none, keys)).toMatchObject({ code: 0 })
    writeFileSync(file ?? '', JSON.stringify({ ...(receipt as object), outcome: { status: 'refunded' } }))
    expect(await sealgate(file, keys)).toMatchObject({
      code: 1,
      text: expect.stringContaining('does not hold: bad_signature') as string,
    })
  })

  it('is made once: the second request is denied, in the same isolate and in another', async () => {
    const yes = await tokens()
    expect(await statusesOf([send('payments', yes)])).toEqual([200])
    expect(await statusesOf([send('payments', yes), send('payments-two', yes)])).toEqual([403, 403])
  })

  it('is made once when many come at once in two isolates: exactly one wins', async () => {
    for (let round = 0; round < 3; round++) {
      const yes = await tokens()
      const requests = Array.from({ length: 16 }, (_, index) =>
        send(index % 2 === 0 ? 'payments' : 'payments-two', yes),
      )
      expect(await statusesOf(requests)).toEqual([200, ...Array.from({ length: 15 }, () => 403)])
    }
  })

  it('is made once with KV, when one request comes after the other', async () => {
    const yes = await tokens()
    expect(await statusesOf([send('payments-kv', yes)])).toEqual([200])
    expect(await statusesOf([send('payments-kv', yes)])).toEqual([403])
  })

  it('is not made with other arguments, and can be made with the right ones then', async () => {
    const yes = await tokens()
    expect(await statusesOf([send('payments', yes, { ...ARGS, amount: 1200 })])).toEqual([403])
    expect(await statusesOf([send('payments', yes)])).toEqual([200])
  })

  it('is not made with the yes of another person', async () => {
    const [alice, mallory] = [await tokens(), await tokens('auth0|mallory')]
    const mixed = [
      { approval: alice.approval, bearer: mallory.bearer },
      { approval: mallory.approval, bearer: alice.bearer },
    ]
    expect(await statusesOf(mixed.map((pair) => send('payments', pair)))).toEqual([403, 403])
  })

  it('is not made without a yes, with two, or with the bearer token as one', async () => {
    const { approval, bearer } = await tokens()
    const headers = { Authorization: `Bearer ${bearer}` }
    expect(
      await statusesOf([
        system.pay('payments', ARGS, headers),
        system.pay('payments', ARGS, { ...headers, 'Txn-Token': `${approval}, ${approval}` }),
        system.pay('payments', ARGS, { ...headers, 'Txn-Token': bearer }),
      ]),
    ).toEqual([403, 403, 403])
  })

  it('is approved by the person alone: an agent with its own token is rejected', async () => {
    const response = await system.assistant('alone', ARGS)
    expect(await response.text()).toBe('the exchange service rejected the approval: access_denied')
  })
})

/** `sealgate receipt verify FILE --jwks FILE…`. */
async function sealgate(
  file: string | undefined,
  ...keys: readonly (string | undefined)[]
): Promise<{ readonly code: number; readonly text: string }> {
  let text = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  const argv = ['receipt', 'verify', file, '--jwks', ...keys].filter((one) => one !== undefined)
  const code = await main(argv)
  vi.restoreAllMocks()
  return { code, text }
}
