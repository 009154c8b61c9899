import type { Fields } from './logger.ts'

/** What is taken as the id of a request from whoever sent it. */
const REQUEST_ID = /^[A-Za-z0-9][\w.-]{7,63}$/

/** By what the lines about a request are joined. */
export function idsOf({ headers }: Request): Fields {
  const id = headers.get('X-Request-Id')
  return { request_id: id !== null && REQUEST_ID.test(id) ? id : undefined }
}
