import { type DevRoute, pathOf, readable } from './definition.ts'
import { curlLines, type RunningSystem } from './end-to-end-check.ts'
import { usersOf } from './idp-settings.ts'
import { DEMO_PASSWORD, oddityOf, type TenantUser } from './mock-idp/users.ts'
import { IDP } from './ports.ts'

/** Where programs are stopped and started. */
export interface ControlPlace {
  readonly url: string
  /** The file with the header that it wants. */
  readonly headerFile: string
}

const FLOW =
  'The end-to-end flow, lines to copy: a token from the mock IdP, exchanged at the gateway, taken to the service.'

const OUTAGE =
  'An outage to look at: stop the gateway. A service that has keys goes on; stopped and started again it has none, and says\n503.'

/**
 * What a person needs to know once all is running.
 *
 * @param path that can be looked at, if one was found (`checkEndToEnd`)
 */
export function banner(system: RunningSystem, control: ControlPlace, path: string | undefined): string {
  const { plan, addresses, definition, modelUrl } = system
  const { gateway, idp, services } = addresses
  const places = [[plan.gateway.name, gateway], [IDP, idp], ...services]
  const width = Math.max(...places.map(([name = '']) => name.length)) + 2
  const lines = places.map(([name = '', url = '']) => `  ${name.padEnd(width)}${url}`)
  const users = usersOf(definition).map((user) =>
    `  ${user.email.padEnd(22)} ${rightsOf(user)} ${oddityOf(user)}`.trimEnd(),
  )
  const { direct, throughGateway } = curlLines(system, path)
  return `
Sealgate is running. Ctrl-C stops everything. Try it in a browser:

${pagesOf(definition.routes)
  .map((page) => `  ${gateway}${page}`)
  .join('\n')}

${lines.join('\n')}

Demo users, all with the password ${DEMO_PASSWORD}; olivia may do whatever the gateway's definition knows:

${users.join('\n')}
${modelUrl === undefined ? '' : modelLines(modelUrl)}
${throughGateway === undefined ? 'A token from the mock IdP, a line to copy:' : FLOW}

${direct.join('\n')}
${throughGateway === undefined ? '' : `\nOr let the gateway do it on the way:\n\n${throughGateway}\n`}
The gateway accepts a password too:

curl -s ${gateway}/oauth/token --json '{"username":"olivia@example.test","password":"${DEMO_PASSWORD}"}'

Why was a request denied? Its response has an X-Request-Id, and its error a request_id:

npx sealgate why ID

${services.size === 0 ? 'An outage to look at: stop the mock IdP or the gateway.' : OUTAGE} Each of ${places.map(([name]) => name).join(', ')} can be stopped, and started with /start/ in place of /stop/.

curl -X POST -H @${control.headerFile} ${control.url}/stop/${plan.gateway.name}
`
}

/**
 * The start page that anybody may open, else a login, which ends at what the session knows of the user; and whatever other page
 * has a route of its own.
 */
function pagesOf(routes: readonly DevRoute[]): readonly string[] {
  const pages = readable(routes)
  const open = pages.filter(({ auth }) => auth === 'none')
  const start = open.find(({ match }) => match === '/') ?? open[0]
  const isWhole = ({ match }: DevRoute): boolean =>
    !match.endsWith('*') && !pages.some((other) => other.match === `${match}/*`)
  const own = pages.filter(
    (page) => page !== start && isWhole(page) && (page.auth === 'none' || page.login === 'redirect'),
  )
  return [start ? pathOf(start) : '/auth/login?returnTo=/auth/profile', ...own.map(pathOf)]
}

const modelLines = (url: string): string =>
  `\nThe model is a local one, of fixed rules: ${url}\nA real one: OPENAI_API_KEY in the .dev.vars of the service.\n`

/** At most so many rights are listed: a banner is to be read. */
const SHOWN = 4

function rightsOf({ roles, permissions }: TenantUser): string {
  const rest = permissions.length - SHOWN
  const listed = [...permissions.slice(0, SHOWN), ...(rest > 0 ? [`and ${rest} more`] : [])]
  return `${(roles.join(' ') || '(no role)').padEnd(12)} ${listed.join(' ')}`.trimEnd().padEnd(36)
}
