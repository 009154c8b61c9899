// @ts-check

/**
 * Asks this origin. Nothing is stored, and no token is in a script's hands: the session is a cookie that scripts cannot
 * read.
 *
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<{ status: number, requestId: string, body: any }>}
 */
export async function ask(path, init = {}) {
  const response = await fetch(path, { ...init, headers: { Accept: 'application/json', ...init.headers } })
  const text = await response.text()
  const { status, headers } = response
  const head = { status, requestId: headers.get('X-Request-Id') ?? '' }
  try {
    return { ...head, body: text === '' ? null : JSON.parse(text) }
  } catch {
    return { ...head, body: text }
  }
}

/**
 * A WebSocket to this origin, with the session's cookie.
 *
 * @param {string} path
 */
export function socketTo(path) {
  const url = new URL(path, location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  return new WebSocket(url)
}

/** Why something was rejected, in the words of the response. @param {{ status: number, body: any }} answer */
export function reasonOf({ status, body }) {
  return body?.error_description ?? `status ${status}`
}
