/**
 * What the kit asks of the runtime's cryptography: WebCrypto, or node:crypto on Node (packages/kit/runtime). Web APIs only,
 * since the kit's tests run on workerd too.
 */
import { type Mock, vi } from 'vitest'

export interface CryptoCalls {
  readonly verify: number
  readonly sign: number
  readonly digest: number
  readonly importKey: number
}

type Functions = Record<string, (...args: never[]) => unknown>

const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }

/** On Node alone; workerd may have a `node:crypto` too, and the kit leaves it be. */
function nodeCrypto(): Functions | undefined {
  return 'WebSocketPair' in globalThis
    ? undefined
    : (process?.getBuiltinModule?.('node:crypto') as Functions | undefined)
}

const spyOn = (object: unknown, method: string): Mock =>
  vi.spyOn(object as Record<string, () => unknown>, method)

/** Counts calls from now on, until `vi.restoreAllMocks()`. */
export function countCryptoCalls(): () => CryptoCalls {
  const node = nodeCrypto()
  const counter = (object: unknown, ...methods: readonly string[]): (() => number) => {
    const mocks = methods.map((method) => spyOn(object, method))
    return () => mocks.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  }
  const { subtle } = crypto
  const digest = counter(subtle, 'digest')
  if (!node) {
    const [verify, sign, importKey] = ['verify', 'sign', 'importKey'].map((method) => counter(subtle, method))
    return () => ({
      verify: verify?.() ?? NaN,
      sign: sign?.() ?? NaN,
      digest: digest(),
      importKey: importKey?.() ?? NaN,
    })
  }
  const verify = counter(node, 'verify')
  const sign = counter(node, 'sign')
  const mac = counter(node, 'createHmac')
  // A secret verifies by making the MAC and comparing it.
  const compare = counter(node, 'timingSafeEqual')
  const importKey = counter(node, 'createPublicKey', 'createPrivateKey', 'createSecretKey')
  return () => ({
    verify: verify() + compare(),
    sign: sign() + mac() - compare(),
    digest: digest(),
    importKey: importKey(),
  })
}

/** Makes the next import of a key to sign with fail. */
export function failNextImport(error: Error): void {
  const node = nodeCrypto()
  const fail = (): never => {
    throw error
  }
  if (node) spyOn(node, 'createPrivateKey').mockImplementationOnce(fail)
  else spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(error)
}
