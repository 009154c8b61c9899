/** A service that does not respond. */
export default {
  fetch(): Promise<Response> {
    return new Promise((resolve) => setTimeout(() => resolve(new Response()), 10_000))
  },
}
