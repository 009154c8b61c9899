import { expect, it } from 'vitest'
import { hideInput } from './hide-input.ts'

const D = 'qDTfpz0ZVq6a7Eg92vL6-qiMgXTYuDpWmV3mFDRdhvE'
const KEY = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d: D, kid: 'a' })

/** As an error quotes a request: JSON, within JSON. */
const quoted = (value: unknown): string => JSON.stringify({ body: JSON.stringify(value) })

it.each([
  ['a key, as it came', KEY, KEY],
  ['a key in a request that is quoted', KEY, quoted({ text: KEY })],
  ['a part of a key', KEY, `bad member: ${D}`],
  ['a key among secrets', JSON.stringify({ GATEWAY_PRIVATE_A: KEY }), quoted({ GATEWAY_PRIVATE_A: KEY })],
  ['a key in a list', JSON.stringify({ KEYS: [JSON.parse(KEY)] }), quoted([KEY])],
])('shows nothing of %s', (_, stdin, said) => {
  expect(hideInput(said, stdin)).not.toContain(D.slice(0, 12))
})

it('says which secret it was, whole, also when one is the beginning of another', () => {
  const stdin = JSON.stringify({ ONE: 'canary-"long"', TWO: 'canary-"long" and longer' })
  expect(hideInput('canary-"long" and longer, canary-"long", canary-\\"long\\"', stdin)).toBe(
    '<TWO>, <ONE>, <ONE>',
  )
})

it('takes a secret as it is: with $, and with the line end that wrangler takes off', () => {
  expect(hideInput('no: pass$&word', 'pass$&word\n')).toBe('no: …')
  expect(hideInput('no: abcdefgh', JSON.stringify({ $$: 'abcdefgh' }))).toBe('no: <$$>')
})
