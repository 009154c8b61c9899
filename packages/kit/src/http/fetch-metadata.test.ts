import { describe, expect, it, vi } from 'vitest'

const ORIGIN = 'https://a.test'

async function isCrossSite(method: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
  // Read anew: the tables stand at the top of the module.
  vi.resetModules()
  const metadata = await import('./fetch-metadata.ts')
  return metadata.isCrossSite(new Request(`${ORIGIN}/`, { method, headers }), ORIGIN)
}

const site = (name: string): Readonly<Record<string, string>> => ({ 'Sec-Fetch-Site': name })
const navigation = { ...site('cross-site'), 'Sec-Fetch-Mode': 'navigate' }

describe.each(['GET', 'HEAD'])('a %s', (method) => {
  it.each([
    ['of a client that does not say', {}],
    ['of a page of this origin', site('same-origin')],
    ['of no page', site('none')],
    ['that navigates the whole tab', { ...navigation, 'Sec-Fetch-Dest': 'document' }],
    ['that a service worker passes on', { ...navigation, 'Sec-Fetch-Dest': 'empty' }],
    ['whose Origin is another: it says nothing of a read', { Origin: 'https://evil.test' }],
  ])('%s may act with a cookie', async (_, headers) => {
    expect(await isCrossSite(method, headers)).toBe(false)
  })

  it.each([
    ['of a page of another site', site('cross-site')],
    ['of a sibling of this origin', site('same-site')],
    ['that navigates a frame', { ...navigation, 'Sec-Fetch-Dest': 'iframe' }],
    ['that navigates, and does not say what', navigation],
    ['for a document, that navigates nothing', { ...site('cross-site'), 'Sec-Fetch-Dest': 'document' }],
  ])('%s may not', async (_, headers) => {
    expect(await isCrossSite(method, headers)).toBe(true)
  })

  it('that opens a WebSocket has to say where it is from', async () => {
    const upgrade = { Upgrade: 'websocket' }
    expect(await isCrossSite(method, upgrade)).toBe(true)
    expect(await isCrossSite(method, { ...upgrade, ...site('none') })).toBe(true)
    expect(await isCrossSite(method, { ...upgrade, ...site('same-origin') })).toBe(false)
  })
})

describe.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('a %s', (method) => {
  it.each([
    ['with this origin', { Origin: ORIGIN }],
    ['of a page of this origin, without its name', site('same-origin')],
  ])('%s may act with a cookie', async (_, headers) => {
    expect(await isCrossSite(method, headers)).toBe(false)
  })

  it.each([
    ['of a client that does not say', {}],
    ['of no page', site('none')],
    ['with another origin, whatever else it says', { Origin: 'https://evil.test', ...site('same-origin') }],
    ['that navigates the whole tab', { ...navigation, 'Sec-Fetch-Dest': 'document' }],
  ])('%s may not', async (_, headers) => {
    expect(await isCrossSite(method, headers)).toBe(true)
  })
})
