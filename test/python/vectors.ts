import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/root.ts'
import type { Case, Wycheproof } from '../conformance/vectors.ts'

const read = (path: string): unknown =>
  JSON.parse(readFileSync(join(ROOT, 'test/conformance/vectors', path), 'utf8'))

/** Vectors in hexadecimal, and whether each must be accepted: what test/conformance expects of the kit. */
export interface Vectors {
  readonly cases: readonly (readonly [string, string, string])[]
  readonly expected: readonly boolean[]
}

function vectorsOf(
  rows: readonly { readonly case: readonly [string, string, string]; readonly isGood: boolean }[],
): Vectors {
  return { cases: rows.map((row) => row.case), expected: rows.map(({ isGood }) => isGood) }
}

/** Public key, signature, message. */
export function signatureCases(): readonly (Vectors & { readonly name: string })[] {
  interface Group {
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly (Case & { readonly msg: string; readonly sig: string })[]
  }
  interface SpecCase {
    readonly message: string
    readonly pub_key: string
    readonly signature: string
  }
  interface Known {
    readonly pub: string
    readonly msg: string
    readonly sig: string
  }
  const { testGroups = [] } = read('wycheproof/ed25519_test.json') as Wycheproof<Group>
  const { rfc8032_7_1: known } = read('rfc/known_answers.json') as { readonly rfc8032_7_1: readonly Known[] }
  // Of speccheck, case 2 depends on the runtime, and 3 alone is good: test/conformance/ed25519.test.ts says why.
  const speccheck = read('speccheck/cases.json') as readonly SpecCase[]
  return [
    {
      name: 'Wycheproof',
      ...vectorsOf(
        testGroups.flatMap(({ publicKey: { pk }, tests }) =>
          tests.map(({ sig, msg, result }) => ({ case: [pk, sig, msg], isGood: result === 'valid' })),
        ),
      ),
    },
    {
      name: 'ed25519-speccheck',
      ...vectorsOf(
        speccheck.flatMap(({ pub_key: key, signature, message }, index) =>
          index === 2 ? [] : [{ case: [key, signature, message] as const, isGood: index === 3 }],
        ),
      ),
    },
    {
      name: 'RFC 8032 §7.1',
      ...vectorsOf(known.map(({ pub, sig, msg }) => ({ case: [pub, sig, msg], isGood: true }))),
    },
  ]
}

/** Key, tag, message. */
export function macCases(): Vectors {
  interface Group {
    readonly tagSize: number
    readonly tests: readonly (Case & { readonly key: string; readonly msg: string; readonly tag: string })[]
  }
  const { testGroups = [] } = read('wycheproof/hmac_sha512_test.json') as Wycheproof<Group>
  return vectorsOf(
    testGroups.flatMap(({ tagSize, tests }) =>
      tests.map(({ key, tag, msg, result }) => ({
        case: [key, tag, msg],
        isGood: result === 'valid' && tagSize === 512,
      })),
    ),
  )
}
