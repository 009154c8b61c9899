import type { Branding } from '../config/branding-definition.ts'

/** Each text has a contrast of 4.5:1 at least (WCAG 2.2, 1.4.3), in light and in dark. */
const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1b1f24; --soft: #545d69; --line: #d5d9df; --act: #1d4ed8; --on-act: #fff }
@media (prefers-color-scheme: dark) {
  :root { --page: #101317; --card: #191e24; --text: #eceff3; --soft: #a7b0bc; --line: #343c46; --act: #93b4ff; --on-act: #0b1530 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { width: 100%; max-width: 30rem; padding: clamp(1.25rem, 6vw, 2.5rem); background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
p { margin: 0 0 1rem }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
.site { color: var(--soft); font-weight: 600 }
.logo { display: block; max-width: 100%; height: 2.5rem; object-fit: contain; object-position: left }
blockquote { margin: 0 0 1rem; padding-left: .875rem; border-left: 3px solid var(--line) }
.ways { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.5rem; margin-top: 1.5rem }
.button { display: inline-block; padding: .7rem 1.25rem; border-radius: .5rem; background: var(--act); color: var(--on-act); font-weight: 600; text-decoration: none }
.button:hover { text-decoration: underline }
.support { padding: .7rem 0; color: inherit }
a:focus-visible { outline: 3px solid var(--text); outline-offset: 3px; border-radius: .25rem }
.request { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem }
code { display: block; font: .875em ui-monospace, monospace; user-select: all }
`

/** The style sheet of a page: ours, the team's colour, and what CSS it adds. */
export function styleOf({ color, css }: Branding): string {
  const own = color === undefined ? '' : `:root { --act: ${color}; --on-act: ${textOn(color)} }\n`
  // Whatever the colour is, the button stands out from what is behind it.
  const edge = color === undefined ? '' : '.button { box-shadow: inset 0 0 0 1px rgb(128 128 128 / .4) }\n'
  return `${STYLE}${own}${edge}${css === undefined ? '' : `${css}\n`}`
}

/** Black or white, whichever reads better on a colour: one of them has 4.5:1 on any (WCAG 2.2, relative luminance). */
export function textOn(color: string): '#000' | '#fff' {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((start) => linear(parseInt(color.slice(start, start + 2), 16)))
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#000' : '#fff'
}

function linear(channel: number): number {
  const one = channel / 255
  return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4
}
