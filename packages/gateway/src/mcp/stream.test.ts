import { describe, expect, it, vi } from 'vitest'
import { isEventStream, limited, type StreamLimit } from './stream.ts'

const text = (chunk: string): Uint8Array => new TextEncoder().encode(chunk)

/** A server that says one thing and then nothing, and what it hears of its reader. */
function quietServer(): { body: ReadableStream<Uint8Array>; left: () => boolean } {
  let hasLeft = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(text('data: 1\n\n')),
    cancel() {
      hasLeft = true
    },
  })
  return { body, left: () => hasLeft }
}

const limit = (changed: Partial<StreamLimit> = {}): StreamLimit => ({
  lifetimeMs: 60_000,
  isOver: () => Promise.resolve(false),
  ...changed,
})

describe('a stream', () => {
  it('passes each chunk on as it comes, and ends when its server ends it', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const reader = limited(readable, limit()).getReader()
    for (const chunk of ['data: 1\n\n', 'data: 2\n\n']) {
      const [, read] = await Promise.all([writer.write(text(chunk)), reader.read()])
      expect(new TextDecoder().decode(read.value)).toBe(chunk)
    }
    await Promise.all([writer.close(), reader.closed])
  })

  it('ends when its token does, and its server hears of it', async () => {
    const server = quietServer()
    expect(await new Response(limited(server.body, limit({ lifetimeMs: 20 }))).text()).toBe('data: 1\n\n')
    await vi.waitFor(() => expect(server.left()).toBe(true))
  })

  it('ends when its caller is found to be revoked', async () => {
    const server = quietServer()
    let isRevoked = false
    const body = limited(server.body, limit({ checkMs: 5, isOver: () => Promise.resolve(isRevoked) }))
    const reader = body.getReader()
    await reader.read()
    isRevoked = true
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(server.left()).toBe(true)
  })

  it('goes on while the deny-list cannot be read: its token ends soon', async () => {
    const isOver = vi.fn(() => Promise.reject(new Error('down')))
    const reader = limited(quietServer().body, limit({ checkMs: 5, isOver })).getReader()
    await reader.read()
    const next = reader.read()
    await vi.waitFor(() => expect(isOver.mock.calls.length).toBeGreaterThan(1))
    const first = await Promise.race([next, Promise.resolve('open')])
    expect(first).toBe('open')
    await reader.cancel()
  })

  it('is looked up no more when its reader leaves, and its server hears of it', async () => {
    const server = quietServer()
    const isOver = vi.fn(() => Promise.resolve(false))
    await limited(server.body, limit({ checkMs: 5, isOver })).cancel()
    expect(server.left()).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isOver).not.toHaveBeenCalled()
  })

  it('fails when its server fails', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('broken')),
    })
    await expect(new Response(limited(body, limit())).text()).rejects.toThrow('broken')
  })
})

it.each([
  ['text/event-stream', true],
  ['Text/Event-Stream; charset=utf-8', true],
  ['text/event-streams', false],
  ['application/json', false],
])('%s is an event stream: %s', (type, is) => {
  expect(isEventStream(new Response(null, { headers: { 'Content-Type': type } }))).toBe(is)
})
