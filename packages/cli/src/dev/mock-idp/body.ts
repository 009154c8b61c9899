/** The body as text; `undefined` when it is longer than `max` bytes. */
export async function readText(req: AsyncIterable<unknown>, max: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of req) {
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.byteLength
    if (length <= max) chunks.push(chunk)
  }
  return length > max ? undefined : Buffer.concat(chunks).toString('utf8')
}

/** The JSON object that a text holds; `undefined` when it holds anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? Object.fromEntries(Object.entries(parsed))
      : undefined
  } catch {
    return undefined
  }
}
