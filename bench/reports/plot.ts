import { rounded } from './report.ts'
import type { Measured, MeasuredGroup } from '../measure/rounds.ts'
import { EDDSA_SIGN, EDDSA_VERIFY, HS512_SIGN, HS512_VERIFY } from '../candidates/titles.ts'

const PANELS = [EDDSA_VERIFY, HS512_VERIFY, EDDSA_SIGN, HS512_SIGN]
/** Helpers of the measurement, not ways to do the work. */
const HIDDEN = ['make the string']

const WIDTH = 720
const LABEL = 170
const BAR = 16
const GAP = 6
const HEAD = 34

/** Bars for each kind of work: time against raw WebCrypto, less is better. It reads on light and dark pages. */
export function plot(groups: readonly MeasuredGroup[]): string {
  let y = 8
  const parts: string[] = []
  for (const title of PANELS) {
    const group = groups.find((one) => one.title === title)
    if (!group) continue
    const shown = group.measured.filter(({ name }) => !HIDDEN.includes(name))
    const scale = (WIDTH - LABEL - 60) / Math.max(...shown.map(({ ratio }) => ratio.median))
    parts.push(`<text x="0" y="${y + 16}" class="title">${escaped(title)}</text>`)
    y += HEAD - 8
    for (const one of shown) {
      parts.push(bar(one, y, scale))
      y += BAR + GAP
    }
    y += 14
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img">
<title>Time against raw WebCrypto on workerd: less is better</title>
<style>text{font:13px system-ui,sans-serif;fill:#777}.title{font-weight:600}.own{fill:#1f883d}.baseline{fill:#8c959f}.low{fill:#57606a}</style>
${parts.join('\n')}
</svg>
`
}

function bar({ name, ratio }: Measured, y: number, scale: number): string {
  const kind = name.startsWith('ours') ? 'own' : name === 'raw' ? 'low' : 'baseline'
  const width = Math.max(1, Math.round(ratio.median * scale))
  return `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text><rect class="${kind}" x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2"/><text x="${LABEL + width + 6}" y="${y + 13}">${rounded(ratio.median)}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
