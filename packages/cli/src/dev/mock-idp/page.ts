import { createHash } from 'node:crypto'
import type { Context } from 'oidc-provider'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { width: min(26rem, 100% - 2rem); padding: 1rem 0 }
h1 { font-size: 1.4rem }
label { display: block; margin-top: 1rem; font-weight: 600 }
input { box-sizing: border-box; width: 100%; padding: .6rem; margin-top: .25rem; font: inherit; border: 1px solid #767676; border-radius: .4rem }
button { width: 100%; margin-top: 1.5rem; padding: .7rem; font: inherit; font-weight: 600; color: #fff; background: #1f4fd8; border: 0; border-radius: .4rem; cursor: pointer }
:focus-visible { outline: 3px solid #1f4fd8; outline-offset: 2px }
[role=alert] { padding: .6rem .8rem; border-left: 4px solid #c62828 }
section { margin-top: 2.5rem; font-size: .9rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top }
`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text made safe for HTML content and quoted attributes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '')

/**
 * Answers with a page: no scripts, no frames, one style sheet that is named by its hash.
 *
 * @param main HTML; whatever came from outside must have been escaped
 * @param formTargets origins, besides the tenant's own, to which a sent form may be redirected
 */
export function showPage(
  ctx: Context,
  status: number,
  title: string,
  main: string,
  formTargets: readonly string[] = [],
): void {
  ctx.status = status
  ctx.type = 'html'
  ctx.set('Cache-Control', 'no-store')
  ctx.set(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${["'self'", ...formTargets].join(' ')}; ` +
      "frame-ancestors 'none'; base-uri 'none'",
  )
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('Referrer-Policy', 'no-referrer')
  ctx.body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${main}
</main>
</body>
</html>
`
}

export function showError(ctx: Context, status: number, message: string): void {
  showPage(ctx, status, 'Something went wrong', `<p role="alert">${escape(message)}</p>`)
}
