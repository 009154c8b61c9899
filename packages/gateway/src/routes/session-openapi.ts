import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import * as z from 'zod'
import { errorAnswer } from './schemas.ts'
import { LOGIN_PATH, LOGOUT_PATH } from '../config/reserved-paths.ts'

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })

const failure = (description: string) => ({ description, ...json(errorAnswer) })

/** The session routes in OpenAPI 3.1. */
export function sessionPaths(callbackPath: string): ZodOpenApiPathsObject {
  const common: ZodOpenApiOperationObject['responses'] = {
    '404': failure('There are no logins here'),
    '502': failure('Auth0 failed'),
    '503': failure('Auth0 or the session cannot be reached'),
    default: failure('Any other error'),
  }
  return {
    [LOGIN_PATH]: {
      get: {
        summary: 'Begin a login',
        requestParams: { query: z.object({ returnTo: z.string().optional() }) },
        responses: {
          ...common,
          '302': { description: 'To Auth0' },
          '400': failure('returnTo is not a path of this site'),
          '429': failure('Too many requests'),
        },
      },
    },
    [callbackPath]: {
      get: {
        summary: 'Where Auth0 sends the browser back (RFC 6749 §4.1.2)',
        responses: {
          ...common,
          '303': { description: 'To returnTo, with a session' },
          '400': failure('login_failed'),
          '403': failure('access_denied'),
          '429': failure('Too many requests'),
        },
      },
    },
    '/auth/profile': {
      get: {
        summary: 'Who is logged in',
        security: [{ session: [] }],
        requestParams: { query: z.object({ fresh: z.literal('1').optional() }) },
        responses: {
          ...common,
          '200': { description: 'Claims about the user', ...json(z.looseObject({ sub: z.string() })) },
          '401': failure('No session'),
        },
      },
    },
    '/auth/refresh': {
      post: {
        summary: 'New tokens from Auth0, for the session',
        security: [{ session: [] }],
        responses: {
          ...common,
          '200': {
            description: 'How long they last, in seconds',
            ...json(z.object({ expires_in: z.int() })),
          },
          '400': failure('not_refreshable'),
          '401': failure('No session, or session_expired'),
          '403': failure('csrf'),
        },
      },
    },
    [LOGOUT_PATH]: {
      post: {
        summary: 'End the session, here and with Auth0',
        security: [{ session: [] }, {}],
        responses: { ...common, '303': { description: 'To Auth0’s logout' }, '403': failure('csrf') },
      },
    },
  }
}
