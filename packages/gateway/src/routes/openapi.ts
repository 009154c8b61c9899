import type { Route } from '../config/route-table.ts'
import { DEFAULT_CALLBACK_PATH } from '../config/reserved-paths.ts'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { openApiTemplate } from './openapi-template.ts'

/** What of the document is the same for every gateway: OpenAPI 3.1, as a library makes it of the schemas. */
export interface OpenApiTemplate {
  /** Version and info. */
  readonly document: object
  readonly components: object
  /** The gateway's own routes, with the usual callback path. */
  readonly paths: Readonly<Record<string, object>>
  /** The operation of what is forwarded, with the path parameter of a prefix, by what the route asks for. */
  readonly forwarded: Readonly<Record<Route['auth'], { readonly responses: object }>>
}

/** A document for each gateway, from its first request on: few isolates are ever asked for one. */
const documents = new WeakMap<Gateway, string>()

/**
 * `GET /openapi.json`: this gateway's own routes, made from the schemas that check them, and its routes table; nothing of
 * what it is made of.
 *
 * @throws GatewayError `not_found` where it is off
 */
export function openapi(gateway: Gateway): Response {
  if (!gateway.config.variables.OPENAPI_PUBLIC) throw new GatewayError('not_found')
  let document = documents.get(gateway)
  if (document === undefined) documents.set(gateway, (document = JSON.stringify(documentOf(gateway))))
  return new Response(document, {
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' },
  })
}

function documentOf({ config }: Gateway): object {
  const { document, components, paths, forwarded } = openApiTemplate()
  const own = Object.entries<object>(paths).map(
    ([path, item]) => [path === DEFAULT_CALLBACK_PATH ? config.callbackPath : path, item] as const,
  )
  const session = { type: 'apiKey', in: 'cookie', name: `__Host-${config.cookieNames.session}` }
  return {
    ...document,
    ...(config.baseUrl !== undefined && { servers: [{ url: config.baseUrl }] }),
    paths: {
      ...Object.fromEntries(own),
      ...Object.fromEntries([...config.mcp.byMetadataPath.keys()].map((path) => [path, RESOURCE_METADATA])),
      ...forwardedPaths(config.routes.routes, forwarded),
    },
    components: { ...components, securitySchemes: { ...components.securitySchemes, session } },
  }
}

/** What is forwarded: the edge's own responses. What the services say is theirs to document. */
function forwardedPaths(routes: readonly Route[], forwarded: OpenApiTemplate['forwarded']): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.match.replace(/\*$/, '{rest}')
    const operation = path === route.match ? withoutRest(forwarded[route.auth]) : forwarded[route.auth]
    for (const method of route.methods) {
      paths[path] = {
        ...paths[path],
        [method.toLowerCase()]:
          method === 'GET' && route.auth === 'required' && route.login === 'redirect'
            ? { ...operation, responses: { ...operation.responses, '302': TO_LOGIN } }
            : operation,
      }
    }
  }
  return paths
}

const RESOURCE_METADATA = {
  get: {
    summary: 'Metadata of a protected resource (RFC 9728): an MCP server',
    responses: { '200': { description: 'The metadata' } },
  },
}

const TO_LOGIN = { description: 'A browser without a session: to log in' }

function withoutRest<Operation extends object>(operation: Operation): Operation {
  return { ...operation, parameters: undefined }
}
