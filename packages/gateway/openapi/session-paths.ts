import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import * as z from 'zod/mini'
import {
  BACKCHANNEL_LOGOUT_PATH,
  DEFAULT_CALLBACK_PATH,
  LOGIN_PATH,
  LOGOUT_PATH,
} from '../src/config/reserved-paths.ts'
import { logoutForm } from '../src/routes/schemas.ts'
import { failure, json } from './describe.ts'

const common: ZodOpenApiOperationObject['responses'] = {
  '404': failure('There are no logins here'),
  '502': failure('Auth0 failed'),
  '503': failure('Auth0 or the session cannot be reached'),
  default: failure('Any other error'),
}

/** The session routes, with the usual callback path. */
export const sessionPaths: ZodOpenApiPathsObject = {
  [LOGIN_PATH]: {
    get: {
      summary: 'Begin a login',
      requestParams: { query: z.object({ returnTo: z.optional(z.string()) }) },
      responses: {
        ...common,
        '302': { description: 'To Auth0' },
        '400': failure('returnTo is not a path of this site'),
        '429': failure('Too many requests'),
      },
    },
  },
  [DEFAULT_CALLBACK_PATH]: {
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
      requestParams: { query: z.object({ fresh: z.optional(z.literal('1')) }) },
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
  [BACKCHANNEL_LOGOUT_PATH]: {
    post: {
      summary: 'The provider ends sessions (OpenID Connect Back-Channel Logout 1.0)',
      requestBody: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: logoutForm } },
      },
      responses: {
        ...common,
        '200': { description: 'The sessions have ended, or there were none' },
        '400': failure('The logout token does not count, or nothing can be ended'),
        '403': failure('csrf'),
        '413': failure('The body is too large'),
        '429': failure('Too many requests'),
      },
    },
  },
}
