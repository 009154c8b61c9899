import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import * as z from 'zod'
import { GatewayError } from '../errors.ts'
import type { Gateway } from '../gateway.ts'
import { OPERATOR_PATH } from '../config/operator-protocol.ts'
import { JWKS_PATH, METADATA_PATH, OPENAPI_PATH } from '../config/reserved-paths.ts'
import {
  errorAnswer,
  exchangeAnswer,
  exchangeForm,
  operatorRequest,
  passwordBody,
  revocationForm,
} from './schemas.ts'
import { sessionPaths } from './session-openapi.ts'

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

function documentOf({ config }: Gateway): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Sealgate gateway', version: '1' },
    ...(config.baseUrl !== undefined && { servers: [{ url: config.baseUrl }] }),
    paths: { ...reservedPaths(config.callbackPath), ...forwardedPaths(config.routes.routes) },
    components: {
      securitySchemes: {
        auth0: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An Auth0 access token' },
        session: { type: 'apiKey', in: 'cookie', name: `__Host-${config.cookieNames.session}` },
        client: { type: 'http', scheme: 'basic', description: 'A client that this gateway knows' },
        operator: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Signed for one request',
        },
      },
    },
  })
}

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })

const failure = (description: string) => ({ description, ...json(errorAnswer) })

const FORM = 'application/x-www-form-urlencoded'

/** Made when a document is: schemas are most of what a gateway costs at its start. */
const reservedPaths = (callbackPath: string): ZodOpenApiPathsObject => ({
  '/oauth/token': {
    post: {
      summary:
        'Exchange an Auth0 token for an internal one (RFC 8693); with JSON, the password realm (legacy)',
      security: [{ client: [] }, {}],
      requestBody: {
        required: true,
        content: { [FORM]: { schema: exchangeForm }, 'application/json': { schema: passwordBody } },
      },
      responses: {
        '200': { description: 'The token', ...json(exchangeAnswer) },
        '400': failure('invalid_request, invalid_target, invalid_scope, unsupported_grant_type'),
        '401': failure('invalid_client'),
        '404': failure('A user name and password came, and the password realm is off'),
        '413': failure('The body is too large'),
        '429': failure('Too many requests'),
        '502': failure('Auth0 failed'),
        '503': failure('Auth0, its keys or the deny-list cannot be had'),
        default: failure('Any other error'),
      },
    },
  },
  '/oauth/revoke': {
    post: {
      summary: 'Revoke an internal token (RFC 7009)',
      security: [{ client: [] }, {}],
      requestBody: { required: true, content: { [FORM]: { schema: revocationForm } } },
      responses: {
        '200': { description: 'It is revoked, or it was no token of ours' },
        '400': failure('invalid_request'),
        '401': failure('invalid_client'),
        '404': failure('There is no deny-list'),
        '413': failure('The body is too large'),
        '429': failure('Too many requests'),
        '503': failure('The deny-list cannot be written to'),
        default: failure('Any other error'),
      },
    },
  },
  ...sessionPaths(callbackPath),
  '/health': { get: { summary: 'The Worker runs', responses: { '200': { description: 'ok' } } } },
  '/ready': {
    get: {
      summary: 'Whether the gateway could serve',
      responses: {
        '200': { description: 'It could' },
        '503': failure('misconfigured, no_signing_key, temporarily_unavailable'),
      },
    },
  },
  [OPERATOR_PATH]: {
    post: {
      summary: 'Operate this deployment: the command sealgate does',
      security: [{ operator: [] }],
      requestBody: { required: true, ...json(operatorRequest) },
      responses: {
        '200': { description: 'Done', ...json(z.looseObject({ operation: z.string() })) },
        '400': failure('invalid_request'),
        '401': failure('The request is not signed by an operator'),
        '404': failure('Nobody operates this gateway'),
        '413': failure('The body is too large'),
        '429': failure('Too many requests'),
        '503': failure('The deny-list, or keys, cannot be had'),
        default: failure('Any other error'),
      },
    },
  },
  [JWKS_PATH]: {
    get: {
      summary: 'The JWK Set (RFC 7517 §5), when it is public',
      responses: {
        '200': { description: 'The keys', ...json(z.object({ keys: z.array(z.looseObject({})) })) },
        '304': { description: 'As before' },
        '404': failure('It is not public'),
        default: failure('Any other error'),
      },
    },
  },
  [METADATA_PATH]: {
    get: {
      summary: 'Authorization server metadata (RFC 8414)',
      responses: {
        '200': { description: 'The metadata', ...json(z.looseObject({ issuer: z.string() })) },
        '404': failure('The issuer is another than this address'),
        default: failure('Any other error'),
      },
    },
  },
  [OPENAPI_PATH]: {
    get: {
      summary: 'This document',
      responses: { '200': { description: 'OpenAPI 3.1' }, '404': failure('It is not public') },
    },
  },
})

/** What is forwarded: the edge's own responses. What the services say is theirs to document. */
function forwardedPaths(routes: Gateway['config']['routes']['routes']): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const route of routes) {
    const path = route.match.replace(/\*$/, '{rest}')
    const parameters = path.endsWith('{rest}')
      ? { requestParams: { path: z.object({ rest: z.string() }) } }
      : {}
    for (const method of route.methods) {
      paths[path] = {
        ...paths[path],
        [method.toLowerCase()]: {
          summary: 'Forwarded to the service behind',
          ...parameters,
          security: { required: [{ auth0: [] }], anonymous: [{ auth0: [] }, {}], none: [] }[route.auth],
          responses: {
            default: { description: 'As the service responds' },
            ...(method === 'GET' &&
              route.auth === 'required' &&
              route.login === 'redirect' && {
                '302': { description: 'A browser without a session: to log in' },
              }),
            '400': failure('The path is not in its plain form, or the credentials are malformed'),
            ...(route.auth !== 'none' && {
              '401': failure('No token, or one that is not acceptable'),
              '403': failure('The token does not grant this, or a session’s request comes from another site'),
              '503': failure('Auth0’s keys, the session or the deny-list cannot be had'),
            }),
            '502': failure('The service failed'),
          },
        },
      }
    }
  }
  return paths
}
