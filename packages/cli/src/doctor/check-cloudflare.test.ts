import { describe, expect, it } from 'vitest'
import { problemFinding } from './check-cloudflare.ts'

/** As wrangler 4.155 writes them. */
const NO_LOGIN =
  "✘ [ERROR] In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable for wrangler to work. Please go to https://developers.cloudflare.com/fundamentals/api/get-started/create-token/ for instructions."
const FORBIDDEN = `✘ [ERROR] A request to the Cloudflare API (/accounts/abc/workers/scripts/acme-gateway/secrets) failed.

  Authentication error [code: 10000]`
const OFFLINE =
  '\u001B[31m✘ [ERROR]\u001B[0m fetch failed\n\n🪵  Logs were written to "/home/a/.wrangler/logs/a.log"'

describe('what wrangler says becomes a finding with its fix:', () => {
  it.each([
    ['no login', NO_LOGIN, 'cloudflare-login', /CLOUDFLARE_API_TOKEN/],
    ['a token that is none', 'Invalid access token [code: 9109]', 'cloudflare-login', /CLOUDFLARE_API_TOKEN/],
    [
      'several accounts',
      'More than one account available but unable to select one',
      'cloudflare-login',
      /CLOUDFLARE_ACCOUNT_ID/,
    ],
    ['a token without the permission', FORBIDDEN, 'cloudflare-permission', /Workers KV Storage, Edit/],
    ['no network', OFFLINE, 'cloudflare', /wrangler whoami/],
  ])('%s', (_, text, id, fix) => {
    const finding = problemFinding(new Error(text), 'Workers KV Storage')
    expect(finding).toMatchObject({ id, status: 'fail', fix: expect.stringMatching(fix) as string })
    for (const noise of ['\u001B', '\n', '🪵']) expect(finding.message).not.toContain(noise)
  })
})
