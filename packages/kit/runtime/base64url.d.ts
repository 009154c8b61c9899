/**
 * Decodes base64url `text` into `out` and returns the number of bytes written, or -1 when the text is not
 * canonical: a foreign character, padding, an impossible length, or spare bits that are not zero.
 * `out` must have room for `text.length · 3 / 4` bytes.
 */
export const decodeBase64UrlInto: (text: string, out: Uint8Array) => number

/** Encodes bytes as base64url without padding. */
export const encodeBase64Url: (bytes: Uint8Array) => string

/** The two without a native decoder or encoder; exported so that they can be held against each other. */
export const decodeByTable: typeof decodeBase64UrlInto
export const encodeByTable: typeof encodeBase64Url
