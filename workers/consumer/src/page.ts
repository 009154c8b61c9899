import { Hono } from 'hono'

interface PageEnv {
  readonly ASSETS?: { fetch(request: Request): Promise<Response> }
}

/** The page runs its own scripts and styles, talks to its own origin, and is shown in nobody's frame. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  // No form-action: Chromium holds it against redirects too, and a logout goes on to Auth0.
  // With no-referrer a form would be sent with `Origin: null`, which the gateway takes for another site's.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
} as const

/** The page to try it all in a browser: files of `public/app`, without a token and without a rule. */
export const page = new Hono<{ Bindings: PageEnv }>().on(
  ['GET', 'HEAD'],
  ['/', '/app', '/app/*'],
  async (c) => {
    if (c.req.path === '/') return c.redirect('/app/')
    if (c.req.path === '/app') return c.redirect('/app/', 308)
    const found = await c.env.ASSETS?.fetch(c.req.raw)
    if (!found) return c.notFound()
    const response = new Response(found.body, found)
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value)
    return response
  },
)
