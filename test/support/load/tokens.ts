import { randomBytes, randomInt } from 'node:crypto'

/** What a caller sends again and again. `valid` sends good tokens; the others are floods. */
export type Load = 'valid' | 'garbage' | 'unknown kids' | 'too large' | 'forged, 8 KiB'

/** The most that the kit looks at, in bytes. */
const MAX_TOKEN_BYTES = 8192

/** Returns the next token of a load. No two of a flood are alike, so that no cache helps. */
export function tokensOf(load: Load, good: readonly string[]): () => string {
  let turn = 0
  const [header = '', payload = ''] = (good[0] ?? '').split('.')
  // One big random text, cut at random places: making tokens must not be the work that is measured.
  const noise = randomBytes(65_536).toString('base64url')
  const cut = (length: number): string => {
    const start = randomInt(noise.length - length)
    return noise.slice(start, start + length)
  }
  const SIGNATURE = 86
  switch (load) {
    case 'valid':
      return () => good[turn++ % good.length] ?? ''
    case 'garbage':
      return () => [cut(randomInt(1, 400)), cut(randomInt(1, 800)), cut(SIGNATURE)].join('.')
    case 'unknown kids':
      return () => {
        const stranger = JSON.stringify({ alg: 'EdDSA', typ: 'JWT', kid: cut(20) })
        return [Buffer.from(stranger).toString('base64url'), payload, signature()].join('.')
      }
    case 'too large':
      return () => [header, cut(MAX_TOKEN_BYTES), signature()].join('.')
    case 'forged, 8 KiB':
      // Whole groups of four characters decode whatever they are: only the signature check can reject it.
      return () => {
        const room = MAX_TOKEN_BYTES - header.length - SIGNATURE - 2
        return [header, cut(room - (room % 4)), signature()].join('.')
      }
  }

  /** 64 bytes in canonical base64url. */
  function signature(): string {
    return `${cut(SIGNATURE - 1)}A`
  }
}
