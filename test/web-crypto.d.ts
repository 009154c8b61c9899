import type { webcrypto } from 'node:crypto'

declare global {
  /** Node's types know the value alone; the kit's sources, which some tests read, name the type. */
  type CryptoKey = webcrypto.CryptoKey
}
