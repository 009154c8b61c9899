/** The name of somebody's chat: their `sub` in base64url, so that it stands in a URL whatever it holds. */
export function chatNameOf(sub: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(sub))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Whose chat has this name; `undefined` for a name that is no `sub` in base64url, in its one spelling. */
export function ownerOfChat(name: string): string | undefined {
  try {
    const bytes = atob(name.replaceAll('-', '+').replaceAll('_', '/'))
    const sub = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
    return chatNameOf(sub) === name ? sub : undefined
  } catch {
    return undefined
  }
}
