import { encodeBase64Url } from './base64url.ts'

/** base64url of the SHA-256 of bytes. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  return encodeBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
