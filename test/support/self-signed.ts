import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A key and a certificate that it signed itself, for a server of https on 127.0.0.1. */
export interface SelfSigned {
  readonly key: string
  readonly cert: string
}

const HOUR_MS = 3_600_000

/** A new one, for an hour. X.509 by hand (RFC 5280 §4.1): one name, no extensions. */
export function selfSigned(): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // ecdsa-with-SHA256
  const algorithm = der(0x30, oid('2a8648ce3d040302'))
  const name = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from('127.0.0.1')))))
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)])
  const validity = der(0x30, time(-HOUR_MS), time(HOUR_MS))
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const signed = der(0x30, der(0x02, serial), algorithm, name, validity, name, spki)
  const signature = der(0x03, Buffer.of(0), sign('sha256', signed, privateKey))
  const certificate = der(0x30, signed, algorithm, signature).toString('base64')
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
  }
}

/** Tag, length, value. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), value])
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))

/** GeneralizedTime. */
function time(fromNowMs: number): Buffer {
  const digits = new Date(Date.now() + fromNowMs).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x18, Buffer.from(digits))
}
