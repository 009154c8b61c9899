import { codeOf, type ErrorCode, rowOf } from '../errors.ts'

/** What a page is about, beside its error. */
export interface Subject {
  /** What the page calls this site. */
  readonly site: string
  /** The login failed so often that it is not offered again. */
  readonly isLast: boolean
  /** At a login, not at a route that somebody opened. */
  readonly isAtLogin: boolean
}

/** What a page says: its title, and a sentence or two. */
type Text = (subject: Subject) => readonly [title: string, text: string]

/** What a person is told, by cause. What has no line gets that of its status. */
const TEXTS: Readonly<Partial<Record<ErrorCode, Text>>> = {
  login_expired: () => [
    'This login took too long',
    'It was not finished within ten minutes. Nothing has changed.',
  ],
  login_unknown: ({ site, isLast }) => [
    'This login is over',
    isLast
      ? `The browser sent no cookie of this login again. Please allow cookies for ${site}.`
      : `It was finished before, or it began in another browser. If it was not, please allow cookies for ${site}.`,
  ],
  login_failed: () => [
    'The login could not be completed',
    'What came back does not belong to the login that was begun here. Nothing has changed.',
  ],
  login_denied: ({ site }) => [
    'Auth0 denied the login',
    `Auth0, which logs people in for ${site}, did not let you in.`,
  ],
  rate_limited: () => ['Too many logins', 'Too many logins came from your network. Please wait a minute.'],
  auth0_failed: auth0Down,
  auth0_unavailable: auth0Down,
  session_lost: ({ site }) => [
    'The login was not kept',
    `You logged in, and the browser came back without it. Please allow cookies for ${site}.`,
  ],
  insufficient_scope: ({ site }) => [
    'You may not open this page',
    `Your account at ${site} lacks the rights for it.`,
  ],
  service_failed: () => ['This page does not respond', 'It may work again in a moment.'],
  invalid_request: () => ['This link does not work', 'It is not one that this site makes.'],
}

function auth0Down({ site }: Subject): readonly [string, string] {
  return [
    'Logging in is not possible right now',
    `Auth0, which logs people in for ${site}, does not respond.`,
  ]
}

/** The title of a page, and what it says. */
export function textOf(error: unknown, subject: Subject): readonly [title: string, text: string] {
  const code = codeOf(error)
  const { status } = rowOf(code)
  return (
    TEXTS[code]?.(subject) ?? [
      subject.isAtLogin ? 'The login could not be completed' : 'This page cannot be shown',
      status < 500 ? 'This site did not accept it.' : 'Something went wrong on our side.',
    ]
  )
}
