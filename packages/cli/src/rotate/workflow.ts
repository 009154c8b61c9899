import { UsageError } from '../errors.ts'

/**
 * A GitHub workflow that rotates the keys of an environment each month. Its secrets are an API token of Cloudflare's and an
 * operator's key; the GitHub environment of that name can ask a person first.
 *
 * @throws UsageError for a name that would be more than a word of YAML and of a shell
 */
export function rotationWorkflow(environment: string): string {
  if (!/^[\w-]+$/.test(environment))
    throw new UsageError('The environment needs a name of letters, digits, - and _')
  return `# Made by: sealgate rotate ${environment} --workflow
name: Rotate the signing key (${environment})

on:
  schedule:
    - cron: '23 9 2 * *' # the second of each month
  workflow_dispatch:

permissions: {}

# Never two at once, and none is cut short: the second goes on where the first ended.
concurrency:
  group: rotate-${environment}
  cancel-in-progress: false

jobs:
  rotate:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    environment: ${environment}
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - uses: actions/setup-node@6044e13b5dc448c55e2357c09f80417699197238 # v6.2.0
        with:
          node-version: 24
          package-manager-cache: false
      - run: npm ci
      - run: npx sealgate rotate ${environment} --yes
        env:
          CLOUDFLARE_API_TOKEN: \${{ secrets.CLOUDFLARE_API_TOKEN }}
          CLOUDFLARE_ACCOUNT_ID: \${{ secrets.CLOUDFLARE_ACCOUNT_ID }}
          SEALGATE_OPERATOR_KEY: \${{ secrets.SEALGATE_OPERATOR_KEY }}
`
}
