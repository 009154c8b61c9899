/** The least a Worker can do: what the others are held against. */
export default {
  fetch: (): Response => new Response('good'),
}
