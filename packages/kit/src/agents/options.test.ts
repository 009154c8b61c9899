import { createKit } from '../kit/create-kit.ts'
import { expect, it } from 'vitest'
import { policy } from '../policy/builder.ts'
import { type AgentClass, AuthAgent, OwnedAgent } from './mixins.ts'

const Base = Object as unknown as AgentClass
const kit = createKit({
  issuer: 'https://issuer.test',
  audience: 'a',
  verify: { secret: new Uint8Array(64) },
})

/** Each would be a check that is silently off, or not the one that was meant. */
it.each<[what: string, options: object, problem: RegExp]>([
  ['an option that is not there', { authRequired: false }, /has no option authRequired/],
  ['a misspelt policy', { polcy: policy() }, /has no option polcy/],
  ['a policy whose import failed', { policy: undefined }, /policy must be a policy/],
  ['something that is no policy', { policy: { rules: [] } }, /policy must be a policy/],
  ['something that is no kit', { kit: {} }, /kit must be a kit/],
  ['a query that is on without a name', { query: true }, /query must be the name/],
  ['props that are trusted by a word', { trustProps: 'no' }, /trustProps must be true or false/],
  ['a query without a name', { query: '' }, /query must be the name/],
])('rejects %s when the class is made', (_, options, problem) => {
  expect(() => AuthAgent(Base, options)).toThrow(problem)
  expect(() => OwnedAgent(Base, options)).toThrow(problem)
})

it('rejects an owner that is no function, and a function where nobody requests the owner', () => {
  expect(() => OwnedAgent(Base, { ownerOf: 'alice' as never })).toThrow(/ownerOf must be a function/)
  expect(() => OwnedAgent(Base, { ownerOf: undefined as never })).toThrow(/ownerOf must be a function/)
  expect(() => AuthAgent(Base, { ownerOf: () => 'alice' } as object)).toThrow(/has no option ownerOf/)
})

it('accepts some options, or none', () => {
  expect(() => AuthAgent(Base)).not.toThrow()
  expect(() => AuthAgent(Base, { kit, policy: policy().needAll('a'), query: 'token' })).not.toThrow()
  expect(() => OwnedAgent(Base, { ownerOf: (name) => name })).not.toThrow()
})

it('takes Agent classes only', () => {
  const Mixed = class extends AuthAgent(Base) {}
  expect(() => new Mixed({}, {})).toThrow(/takes an Agent class/)
})
