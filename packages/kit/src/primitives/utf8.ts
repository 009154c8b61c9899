const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Writes `text` into `out` and returns the number of bytes written; one pass, no allocation. */
export function encodeUtf8Into(text: string, out: Uint8Array): number {
  return encoder.encodeInto(text, out).written
}

/** Decodes UTF-8, or returns `null` for anything that is not. A byte order mark is kept, and so rejected by JSON. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}
