/** What a cache in a Worker must not do: share a pending promise that dies with its request. */
let pending: Promise<string> | undefined

export default {
  async fetch(
    _request: Request,
    env: { readonly KEYS: { fetch(url: string): Promise<Response> } },
  ): Promise<Response> {
    pending ??= env.KEYS.fetch('https://keys.internal/')
      .then((response) => response.text())
      .finally(() => {
        pending = undefined
      })
    return new Response((await pending) === '' ? 'empty' : 'granted')
  },
}
