import { describe, expect, it } from 'vitest'
import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../errors.ts'
import { errorPage } from './page.ts'

const page = async (code: ErrorCode, options: GatewayErrorOptions = {}, site = 'app.test'): Promise<string> =>
  (await errorPage(new GatewayError(code, options), 'request-1', site)).text()

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
    const response = await errorPage(new GatewayError('login_failed'), 'r', 'app.test')
    const policy = response.headers.get('Content-Security-Policy') ?? ''
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(await response.text()) ?? []
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)))
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${btoa(String.fromCharCode(...hash))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })
})
