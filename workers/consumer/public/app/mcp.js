// @ts-check
import { ask, reasonOf } from './ask.js'
import { byId } from './dom.js'

const RESOURCE = '/mcp/reports'

/** What a client of the MCP server reads before it has a token: anybody may. */
export async function showMcp() {
  byId('mcp-url').textContent = new URL(RESOURCE, location.origin).href
  const answer = await ask(`/.well-known/oauth-protected-resource${RESOURCE}`)
  byId('mcp-metadata').textContent =
    answer.status === 200 ? JSON.stringify(answer.body, null, 2) : reasonOf(answer)
}
