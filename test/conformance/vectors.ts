import { inject } from 'vitest'

/** Parsed files by their path in the folder. */
export type Vectors = Readonly<Record<string, unknown>>

declare module 'vitest' {
  interface ProvidedContext {
    vectors: Vectors
    fuzz: { readonly runs: number; readonly seed: number }
    /** What takes long is whole in the nightly run, and a share of it in each other. */
    isNightly: boolean
  }
}

/** One file. */
// The shape is the format's, which its own schema describes.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function vectorFile<Shape>(path: string): Shape {
  const vectors = inject('vectors')
  if (!(path in vectors)) throw new Error(`no vectors at ${path}`)
  return vectors[path] as Shape
}

/** Groups of Wycheproof (testvectors_v1). */
export interface Wycheproof<Group> {
  readonly testGroups?: readonly Group[]
}

export interface Case {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

export type Jwk = Readonly<Record<string, unknown>>
