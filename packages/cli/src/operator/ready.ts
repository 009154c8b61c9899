/** How long `/ready` may take, in milliseconds. */
const TIMEOUT_MS = 10_000

/** What `/ready` of a gateway says to everybody, if it is not ready. @throws when it does not respond */
export async function unreadiness(url: string): Promise<string | undefined> {
  const response = await fetch(`${url}/ready`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.status === 200) {
    await response.body?.cancel()
    return undefined
  }
  const body: unknown = await response.json().catch(() => undefined)
  const code = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : 'no body'
  return `${url}/ready responds with ${response.status} (${code})`
}
