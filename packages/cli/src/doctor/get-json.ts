import { parseJson, readBounded } from '@sealgate/kit/gateway'

const TIMEOUT_MS = 5000
const MAX_BYTES = 262_144

export type JsonResponse =
  | { readonly ok: true; readonly json: Readonly<Record<string, unknown>>; readonly headers: Headers }
  | { readonly ok: false; readonly problem: string }

/** What an identity provider responds with at an address. Redirects are not followed. */
export async function getJson(url: string, send: typeof fetch): Promise<JsonResponse> {
  try {
    const response = await send(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (response.status !== 200) return { ok: false, problem: `it responded with ${response.status}` }
    const bytes = await readBounded(response.body, MAX_BYTES)
    const json = bytes && parseJson(new TextDecoder().decode(bytes))
    return typeof json === 'object' && json !== null
      ? { ok: true, json: json as Readonly<Record<string, unknown>>, headers: response.headers }
      : { ok: false, problem: 'what it responded with is no JSON' }
  } catch (error) {
    return { ok: false, problem: reasonOf(error) }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached'
  if (error.name === 'TimeoutError') return `it did not respond within ${TIMEOUT_MS / 1000} seconds`
  const { cause } = error
  const code =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.message
  return `it cannot be reached (${code})`
}
