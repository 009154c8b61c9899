// Signatures by node:crypto, which works at once. WebCrypto goes through Node's thread pool, where an HMAC takes ten times as
// long. Bun, Deno and workerd have conditions of their own before `node`, and do not come here.
import crypto from 'node:crypto'

/** What stands in front of the raw bytes of an Ed25519 key: SubjectPublicKeyInfo and PKCS #8 (RFC 8410 §4 and §7). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

const der = (type, prefix, raw) => ({ key: Buffer.concat([prefix, raw]), format: 'der', type })

function macOf(raw) {
  const key = crypto.createSecretKey(raw)
  return (input) => crypto.createHmac('sha512', key).update(input).digest()
}

/** One row an algorithm, by WebCrypto's name. A key object is made once, and what uses it is returned. */
const ROWS = {
  Ed25519: {
    verifier(raw) {
      const key = crypto.createPublicKey(der('spki', SPKI, raw))
      return (signature, input) => crypto.verify(null, input, key, signature)
    },
    signer(raw) {
      const key = crypto.createPrivateKey(der('pkcs8', PKCS8, raw))
      return (input) => crypto.sign(null, input, key)
    },
  },
  HMAC: {
    verifier(raw) {
      const mac = macOf(raw)
      return (signature, input) => {
        const expected = mac(input)
        return signature.length === expected.length && crypto.timingSafeEqual(signature, expected)
      }
    },
    signer: macOf,
  },
}

export async function importVerifier({ name }, raw) {
  return ROWS[name].verifier(raw)
}

export async function importSigner({ name }, raw) {
  return ROWS[name].signer(raw)
}
