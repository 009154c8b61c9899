import { afterEach, describe, expect, inject, it, vi } from 'vitest'
import { main, wranglerWith } from 'sealgate/internal'
import { type CloudflareApi, startCloudflareApi } from '../../support/cloudflare/api.ts'
import { type Runtime, startRuntime } from '../../support/cloudflare/runtime.ts'
import { makeTeamProject, type TeamOptions, type TeamProject } from '../../support/deploy/team-project.ts'

/** What was uploaded runs on workerd, and the smoke test looks at it. */
let api: CloudflareApi
let runtime: Runtime
let team: TeamProject

afterEach(async () => {
  await runtime.close()
  await api.close()
  team.remove()
})

async function deploy(options: TeamOptions): Promise<{ code: number; said: string }> {
  const said: string[] = []
  team = makeTeamProject(options)
  api = await startCloudflareApi()
  runtime = await startRuntime(api.state, { rateLimit: 1000 })
  api.onDeployment((script) => runtime.reconcile(script))
  const error = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const argv = ['deploy', 'staging', '--yes', '--url', await runtime.url('gateway-staging')]
  const code = await main(['--project', team.root, ...argv], {
    run: wranglerWith({ ...api.env, NO_COLOR: '1' }),
    say: (text) => void said.push(text),
  })
  error.mockRestore()
  return { code, said: said.join('\n') }
}

describe('sealgate deploy, which looks at what it deployed', () => {
  // Half a minute each.
  it.each([['EdDSA', false] as const, ...(inject('isNightly') ? [['HS512', true] as const] : [])])(
    'ends with 0 where each service takes the gateway’s tokens (%s)',
    async (_, isHs512) => {
      const { code, said } = await deploy({ isHs512 })
      expect(said).toContain('REPORTS, audience reports: ok')
      expect(said).toContain('ARCHIVE, audience archive: ok')
      expect(said).toContain('staging is deployed, and serves.')
      // One value for all who share it.
      const shared = api.secrets('gateway-staging').JWT_SECRET_NEW
      expect(api.secrets('reports-staging').JWT_SECRET_NEW).toBe(shared)
      expect(shared !== undefined).toBe(isHs512)
      expect(code).toBe(0)
    },
  )

  it('ends with 1 for a service with a wrong audience, and names the pair and what to set', async () => {
    const { code, said } = await deploy({ reportsAudienceInCode: 'archive' })
    expect(code).toBe(1)
    expect(said).toContain(
      "gateway → reports (binding REPORTS, audience reports) rejects the gateway's tokens, and takes those for archive: its JWT_AUD must be reports",
    )
    expect(said).toContain('ARCHIVE, audience archive: ok')
  })
})
