import { expect, it } from 'vitest'
import { apiAccess } from './credentials.ts'
import type { RunWrangler } from './run.ts'

/** A wrangler that fails, and prints this. */
const failing =
  (stderr: string): RunWrangler =>
  () =>
    Promise.resolve({ code: 1, stdout: '', stderr })

it('without a login says what to do, and none of wrangler’s own words', async () => {
  const stderr =
    '\n✘ [ERROR] Not logged in. Please run `wrangler login` to authenticate.\n\n🪵  Logs were written to "/x.log"'
  await expect(apiAccess(failing(stderr), undefined, {})).rejects.toThrow(
    /^There is no login at Cloudflare: npx wrangler login; where there is no browser, an API token in CLOUDFLARE_API_TOKEN$/,
  )
})

it('says what wrangler said of anything else', async () => {
  await expect(apiAccess(failing('fetch failed'), undefined, {})).rejects.toThrow(
    'wrangler auth token --json failed:\nfetch failed',
  )
})
