/** What people come for: a page that says where they are. */
export default {
  fetch(request: Request): Response {
    const { pathname, search } = new URL(request.url)
    const html = `<!doctype html><title>Shop</title><h1 id="place"></h1><script>place.textContent = ${JSON.stringify(`${pathname}${search}`).replaceAll('<', '\\u003c')}</script>`
    return new Response(html, { headers: { 'Content-Type': 'text/html' } })
  },
}
