import { ConfigError } from '@sealgate/kit'
import { describe, expect, it } from 'vitest'
import { readBranding } from '../config/branding.ts'
import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../errors.ts'
import { errorPage } from './page.ts'
import { textOn } from './page-style.ts'

const page = async (code: ErrorCode, options: GatewayErrorOptions = {}, site = 'app.test'): Promise<string> =>
  (await errorPage(new GatewayError(code, options), 'request-1', { site, branding: {} })).text()

const login = (tries: number, returnTo = '/app') => ({ login: { returnTo, tries } })

describe('the page of a login that failed', () => {
  it.each<[ErrorCode, string]>([
    ['login_expired', 'This login took too long'],
    ['login_unknown', 'This login is over'],
    ['login_failed', 'The login could not be completed'],
    ['login_denied', 'Auth0 denied the login'],
    ['rate_limited', 'Too many logins'],
    ['auth0_failed', 'Logging in is not possible right now'],
    ['auth0_unavailable', 'Logging in is not possible right now'],
    ['invalid_request', 'This link does not work'],
    ['misconfigured', 'The login could not be completed'],
  ])('says by its cause, %s, what happened: %s', async (code, title) => {
    const text = await page(code)
    expect(text).toContain(`<h1>${title}</h1>`)
    expect(text).toContain(`<title>${title} · app.test</title>`)
    expect(text).toContain('<code>request-1</code>')
    expect(text.match(/class="button"/g)).toHaveLength(1)
  })

  it('leads to a new login that ends where this one was to', async () => {
    const text = await page('login_failed', login(1, '/app?a=1&b=2'))
    expect(text).toContain('href="/auth/login?returnTo=%2Fapp%3Fa%3D1%26b%3D2&#38;tries=1">Log in again<')
  })

  it('offers a first login, not another one, where none began', async () => {
    expect(await page('invalid_request')).toContain('href="/auth/login">Log in<')
  })

  it('does not lead there a third time', async () => {
    const text = await page('login_unknown', login(2))
    expect(text).not.toContain('/auth/login')
    expect(text).toContain('href="/">Go to the start page<')
    expect(text).toContain('allow cookies for app.test')
  })

  it('quotes Auth0 as text alone, on one line, cut', async () => {
    const said = '<script>alert(1)</script> "a" &\u0000\u001b\n\u202egpj\u2028\ud800'
    const text = await page('login_denied', { said })
    expect(text).toContain('<blockquote>&#60;script&#62;alert(1)&#60;/script&#62; &#34;a&#34; &#38;')
    // eslint-disable-next-line no-control-regex -- that there are none is what is checked
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2028\ud800]/)
    const [, long = ''] =
      /<blockquote>(.*)<\/blockquote>/.exec(await page('login_denied', { said: '😀'.repeat(500) })) ?? []
    expect(Array.from(long)).toHaveLength(201)
    expect(await page('login_denied', { said: ' \u0007 ' }), 'nothing left').not.toContain('Auth0 says')
  })

  it('calls the site what it is called, as text', async () => {
    expect(await page('login_failed', {}, '<b>Shop</b>')).toContain('&#60;b&#62;Shop&#60;/b&#62;')
  })

  it('allows its one style sheet, and nothing else', async () => {
    const response = await errorPage(new GatewayError('login_failed'), 'r', {
      site: 'app.test',
      branding: {},
    })
    const policy = response.headers.get('Content-Security-Policy') ?? ''
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(await response.text()) ?? []
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)))
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${btoa(String.fromCharCode(...hash))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('the branding of a page', () => {
  const SVG = 'data:image/svg+xml,%3Csvg%20xmlns=%22http://www.w3.org/2000/svg%22/%3E'

  async function branded(
    given: object,
    site = 'Acme',
  ): Promise<{ readonly text: string; readonly policy: string }> {
    const page = { site, branding: readBranding(given, undefined) }
    const response = await errorPage(new GatewayError('login_failed'), 'r', page)
    return { text: await response.text(), policy: response.headers.get('Content-Security-Policy') ?? '' }
  }

  it('shows a logo in place of the name, one for the dark', async () => {
    const { text, policy } = await branded({ logo: '/logo.svg', logoDark: SVG })
    expect(text).toContain('<img class="logo" src="/logo.svg" alt="Acme">')
    expect(text).toContain(`<source srcset="${SVG}" media="(prefers-color-scheme: dark)">`)
    expect(policy).toContain("; img-src 'self' data:; ")
  })

  it.each([
    ['none', {}, undefined],
    ['one of this site', { logo: '/logo.svg' }, "img-src 'self'"],
    ['one in the page', { logo: SVG }, 'img-src data:'],
  ])('loads images for a logo alone: %s', async (_, given, images) => {
    const { policy } = await branded(given)
    expect(policy.split('; ').find((one) => one.startsWith('img-src'))).toBe(images)
    expect(policy).toContain("default-src 'none'; style-src 'sha256-")
    expect(policy).not.toContain('unsafe')
  })

  it('allows its own CSS by the same hash', async () => {
    const { text, policy } = await branded({ css: 'main { border-radius: 0 }\r\n', color: '#0F766E' })
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(text) ?? []
    expect(style).toContain('main { border-radius: 0 }\n')
    expect(style).toContain(':root { --act: #0F766E; --on-act: #fff }')
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)))
    expect(policy).toContain(`'sha256-${btoa(String.fromCharCode(...hash))}'`)
  })

  it('links to help', async () => {
    const { text } = await branded({ supportUrl: 'https://acme.test/help?a=1&b="x' })
    expect(text).toContain('href="https://acme.test/help?a=1&#38;b=&#34;x"')
    expect(text).toContain('>Get help<')
    expect((await branded({})).text).not.toContain('Get help')
  })

  it.each([
    ['#000000', '#fff'],
    ['#ffffff', '#000'],
    ['#0f766e', '#fff'],
    ['#facc15', '#000'],
    ['#1D4ED8', '#fff'],
    ['#ff0000', '#000'],
  ])('writes on %s in %s', (color, text) => {
    expect(textOn(color)).toBe(text)
  })

  it('keeps a contrast of 4.5:1 on any colour', () => {
    for (let grey = 0; grey < 256; grey++) {
      const one = grey / 255
      const luminance = one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4
      const isBlack = textOn(`#${grey.toString(16).padStart(2, '0').repeat(3)}`) === '#000'
      expect(isBlack ? (luminance + 0.05) / 0.05 : 1.05 / (luminance + 0.05)).toBeGreaterThan(4.5)
    }
  })

  it('is what SITE_NAME says before what the definition says', () => {
    expect(readBranding({ name: 'Acme' }, 'Acme (staging)').name).toBe('Acme (staging)')
    expect(readBranding({ name: 'Acme' }, undefined).name).toBe('Acme')
    expect(readBranding(undefined, undefined).name).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['a script for a link', { supportUrl: 'javascript:alert(1)' }, 'supportUrl'],
    ['a plain http link', { supportUrl: 'http://acme.test' }, 'supportUrl'],
    ['a link to another site by two slashes', { supportUrl: '//evil.test' }, 'supportUrl'],
    ['a logo from elsewhere', { logo: 'https://evil.test/x.png' }, 'logo'],
    ['a logo from elsewhere by two slashes', { logo: '//evil.test/x.png' }, 'logo'],
    ['a logo that is HTML', { logo: 'data:text/html,<script>' }, 'logo'],
    ['a logo that is two', { logo: `${SVG} 2x, /b.svg` }, 'logo'],
    ['a logo that is too large', { logoDark: `data:image/png;base64,${'A'.repeat(32_768)}` }, 'logoDark'],
    ['CSS that ends', { css: '</style><script>' }, 'css'],
    ['too much CSS', { css: 'a'.repeat(8193) }, 'css'],
    ['a colour that goes on', { color: '#fff; } body { display: none' }, 'color'],
    ['a colour by name', { color: 'red' }, 'color'],
    ['a name that is none', { name: '' }, 'name'],
    ['a member that nobody knows', { colour: '#ffffff' }, 'colour'],
  ])('cannot be %s', (_, given, member) => {
    expect(() => readBranding(given, undefined)).toThrow(ConfigError)
    expect(() => readBranding(given, undefined)).toThrow(new RegExp(`^branding.*${member}`))
  })
})
