/** A route of the gateway's definition. */
export interface DevRoute {
  readonly match: string
  readonly methods: readonly string[]
  /** The service binding; none for a route to an origin. */
  readonly service?: string
  readonly auth: 'required' | 'anonymous' | 'none'
  readonly audience?: string
  /** Set: it is a page for people, who log in first. */
  readonly login?: 'redirect'
  /** Set: an MCP server, which takes tokens that were issued for it alone. */
  readonly mcp?: true
}

/** The gateway's definition, as it runs. */
export interface DevDefinition {
  readonly audiences: readonly {
    readonly name: string
    readonly permissions: readonly string[]
    readonly roles: readonly string[]
  }[]
  readonly routes: readonly DevRoute[]
}

/** What is known before the gateway runs. */
export const UNKNOWN: DevDefinition = { audiences: [], routes: [] }

/**
 * Asks the gateway that runs: the definition is code, and whatever it is made of runs there alone.
 *
 * @throws Error with what the gateway said
 */
export async function readDefinition(gateway: string): Promise<DevDefinition> {
  const response = await fetch(`${gateway}/dev/definition`)
  if (response.ok) return (await response.json()) as DevDefinition
  throw new Error(`the gateway responded with ${response.status}: ${await response.text()}`)
}

/** A path of a route: the path itself, or the folder of a prefix. */
export function pathOf({ match }: DevRoute): string {
  return match.endsWith('*') ? match.slice(0, -1) : match
}

/** Routes that can be looked at with a token for the API in general, those with a whole path first. */
export function readable(routes: readonly DevRoute[]): readonly DevRoute[] {
  const gets = routes.filter(({ methods, mcp }) => methods.includes('GET') && !mcp)
  return [
    ...gets.filter(({ match }) => !match.endsWith('*')),
    ...gets.filter(({ match }) => match.endsWith('*')),
  ]
}
