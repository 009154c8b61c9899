import { DEMO_PASSWORD, demoUsers, type TenantUser } from './mock-idp/tenant.ts'
import { oddityOf } from './mock-idp/users.ts'
import { type Addresses, curlLines } from './end-to-end-flow.ts'

/**
 * What a person needs to know once all is running.
 *
 * @param controlUrl where programs are stopped and started (`startControl`)
 * @param controlHeader the file with the header that it wants
 */
export function banner(addresses: Addresses, controlUrl: string, controlHeader: string): string {
  const { gateway, auth0, consumer } = addresses
  const users: readonly TenantUser[] = Object.values(demoUsers)
  const rows = users.map((user) =>
    `  ${user.email.padEnd(22)} ${rightsOf(user).padEnd(36)} ${oddityOf(user)}`.trimEnd(),
  )
  return `
Sealgate is running. Ctrl-C stops everything. Try it in a browser:

  ${gateway}/app/

  gateway   ${gateway}   (/api/… goes to the consumer)
  mock IdP  ${auth0}
  consumer  ${consumer}

Demo users, all with the password ${DEMO_PASSWORD}:

${rows.join('\n')}

The end-to-end flow, three lines to copy: a token from the mock IdP, exchanged at the gateway, taken to the consumer.

${curlLines(addresses).join('\n')}

Or let the gateway do it on the way:  curl -i ${gateway}/api/reports -H "Authorization: Bearer $AUTH0"

An outage to look at: stop the gateway. A consumer that has keys goes on; stopped and started again it has none, and
says 503. Any of auth0, gateway and consumer can be stopped, and started with /start/ in place of /stop/.

curl -X POST -H @${controlHeader} ${controlUrl}/stop/gateway
`
}

function rightsOf({ roles, permissions }: TenantUser): string {
  return `${(roles.join(' ') || '(no role)').padEnd(12)} ${permissions.join(' ')}`.trimEnd()
}
