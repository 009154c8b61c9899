import { describe, expect, it } from 'vitest'
import { isNavigation } from './navigation.ts'

const HTML = { Accept: 'text/html,application/xhtml+xml' }
const fetched = (Mode: string, Dest: string, more: object = {}): Record<string, string> => ({
  ...HTML,
  'Sec-Fetch-Mode': Mode,
  'Sec-Fetch-Dest': Dest,
  ...more,
})
const request = (headers: Record<string, string>, method = 'GET'): Request =>
  new Request('https://app.test/app', { method, headers })

describe('somebody opens a page', () => {
  it.each<[string, Record<string, string>]>([
    ['in a tab', fetched('navigate', 'document')],
    ['in a tab, from another site', fetched('navigate', 'document', { 'Sec-Fetch-Site': 'cross-site' })],
    ['in a tab, by a service worker', fetched('navigate', 'empty')],
    ['in a browser that says nothing of it', HTML],
  ])('%s', (_, headers) => {
    expect(isNavigation(request(headers))).toBe(true)
  })
})

describe('nobody opens a page', () => {
  it.each<[string, Record<string, string>, string?]>([
    ['by fetch', fetched('cors', 'empty')],
    ['by a fetch of this origin', fetched('same-origin', 'empty')],
    ['by an image', fetched('no-cors', 'image')],
    ['by a frame', fetched('navigate', 'iframe')],
    ['by an object', fetched('navigate', 'object')],
    ['by a WebSocket', fetched('websocket', 'empty')],
    ['ahead of time', fetched('navigate', 'document', { 'Sec-Purpose': 'prefetch' })],
    ['ahead of time, to be shown', fetched('navigate', 'document', { 'Sec-Purpose': 'prefetch;prerender' })],
    ['ahead of time, in an older browser', { ...HTML, Purpose: 'prefetch' }],
    ['for a preview', { ...HTML, 'X-Purpose': 'preview' }],
    ['by htmx in an older browser', { ...HTML, 'HX-Request': 'true' }],
    ['by XMLHttpRequest in an older browser', { ...HTML, 'X-Requested-With': 'XMLHttpRequest' }],
    ['by a client that accepts anything', { Accept: '*/*' }],
    ['by a client that says nothing', {}],
    ['by a form', fetched('navigate', 'document'), 'POST'],
    ['by HEAD', fetched('navigate', 'document'), 'HEAD'],
  ])('%s', (_, headers, method) => {
    expect(isNavigation(request(headers, method))).toBe(false)
  })
})
