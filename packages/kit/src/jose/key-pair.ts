import type { Sign, Verify } from './algorithms.ts'

/** No JWS signs these bytes: its signing input is ASCII. */
const MESSAGE = new Uint8Array(32)

/**
 * True when what the private half signs verifies under the public half: no runtime checks that on import. False, too, when
 * the public half cannot be imported.
 */
export async function belongTogether(sign: Sign, verifying: Promise<Verify>): Promise<boolean> {
  try {
    const verify = await verifying
    return await verify(new Uint8Array(await sign(MESSAGE)), MESSAGE)
  } catch {
    return false
  }
}
