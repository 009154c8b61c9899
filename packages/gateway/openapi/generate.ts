/**
 * The OpenAPI document of a gateway, but for what depends on its settings and routes: made of the schemas that check requests,
 * by `npm run reference`, and kept as text for the gateway to serve. A library that makes such documents and the schemas'
 * way to JSON Schema would be a tenth of its bundle.
 */
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import * as z from 'zod/mini'
import { OPERATOR_PATH } from '../src/config/operator-protocol.ts'
import { JWKS_PATH, METADATA_PATH, OPENAPI_PATH } from '../src/config/reserved-paths.ts'
import type { OpenApiTemplate } from '../src/routes/openapi.ts'
import {
  assertionAnswer,
  assertionForm,
  exchangeAnswer,
  exchangeForm,
  operatorRequest,
  passwordBody,
  revocationForm,
} from '../src/routes/schemas.ts'
import { failure, json } from './describe.ts'
import { sessionPaths } from './session-paths.ts'

const FORM = 'application/x-www-form-urlencoded'

const OWN_PATHS: ZodOpenApiPathsObject = {
  '/oauth/token': {
    post: {
      summary:
        'Exchange an access token for an internal one (RFC 8693), or an identity assertion for an access token (RFC 7523); with JSON, the password realm (legacy)',
      security: [{ client: [] }, {}],
      requestBody: {
        required: true,
        content: {
          [FORM]: { schema: z.union([exchangeForm, assertionForm]) },
          'application/json': { schema: passwordBody },
        },
      },
      responses: {
        '200': { description: 'The token', ...json(z.union([exchangeAnswer, assertionAnswer])) },
        '400': failure(
          'invalid_request, invalid_grant, invalid_target, invalid_scope, unsupported_grant_type',
        ),
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
  ...sessionPaths,
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
}

/** The responses of the edge itself for what is forwarded; what the services say is theirs to document. */
const forwarded = (
  security: NonNullable<ZodOpenApiOperationObject['security']>,
  more: ZodOpenApiOperationObject['responses'] = {},
): ZodOpenApiOperationObject => ({
  summary: 'Forwarded to the service behind',
  requestParams: { path: z.object({ rest: z.string() }) },
  security,
  responses: {
    default: { description: 'As the service responds' },
    ...more,
    '400': failure('The path is not in its plain form, or the credentials are malformed'),
    '502': failure('The service failed'),
  },
})

const WITH_TOKEN = {
  '401': failure('No token, or one that is not acceptable'),
  '403': failure('The token does not grant this, or a session’s request comes from another site'),
  '503': failure('Auth0’s keys, the session or the deny-list cannot be had'),
}

/** One path for each kind of route: the gateway gives its routes the operation that it finds there. */
const FORWARDED_PATHS: ZodOpenApiPathsObject = {
  '/required/{rest}': { get: forwarded([{ auth0: [] }], WITH_TOKEN) },
  '/anonymous/{rest}': { get: forwarded([{ auth0: [] }, {}], WITH_TOKEN) },
  '/none/{rest}': { get: forwarded([]) },
}

function template(): OpenApiTemplate {
  const {
    paths = {},
    components = {},
    ...document
  } = createDocument({
    openapi: '3.1.0',
    info: { title: 'Sealgate gateway', version: '1' },
    paths: { ...OWN_PATHS, ...FORWARDED_PATHS },
    components: {
      securitySchemes: {
        auth0: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An Auth0 access token' },
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
  const operation = (auth: string): { readonly responses: object } => {
    const { responses, ...found } = paths[`/${auth}/{rest}`]?.get ?? {}
    if (!responses) throw new Error(`there is no operation for routes that are ${auth}`)
    return { ...found, responses }
  }
  const own = Object.entries(paths).filter(([path]) => !(path in FORWARDED_PATHS))
  return {
    document,
    components,
    paths: Object.fromEntries(own),
    forwarded: {
      required: operation('required'),
      anonymous: operation('anonymous'),
      none: operation('none'),
    },
  }
}

/** The module that the gateway serves the document from: a line for each operation and schema. */
export function openApiModule(): string {
  const { document, components, paths, forwarded } = template()
  const lines = (members: object, indent: string, show = literal): string => {
    const shown = Object.entries(members).map(
      ([name, value]: [string, object]) => `${indent}  ${JSON.stringify(name)}: ${show(value)},\n`,
    )
    return `{\n${shown.join('')}${indent}}`
  }
  const nested = (value: object): string => lines(value, '    ')
  return `// Generated by npm run reference from packages/gateway/openapi/generate.ts: change it there.

const failure = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})

export const openApiTemplate = () => ({
  document: ${literal(document)},
  components: ${lines(components, '  ', nested)},
  paths: ${lines(paths, '  ', nested)},
  forwarded: ${lines(forwarded, '  ')},
})
`
}

/** What `failure` makes, as JSON; half of the document would be where to find what an error is. */
const FAILURE =
  /\{"description":("(?:[^"\\]|\\.)*"),"content":\{"application\/json":\{"schema":\{"\$ref":"#\/components\/schemas\/Error"\}\}\}\}/g

function literal(value: object): string {
  return JSON.stringify(value).replaceAll(FAILURE, 'failure($1)')
}
