/** `GET /health`: that the Worker runs, and nothing of what it is made of. */
export function health(): Response {
  return Response.json({ status: 'ok' }, { headers: { 'Cache-Control': 'no-store' } })
}
