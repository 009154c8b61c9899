import type { Credentials } from '@sealgate/kit/gateway'

/** Reads `Authorization: DPoP` (RFC 9449 §7.1). `none`: another scheme, or none. Two headers come joined by a comma. */
export function readDpopCredentials({ headers }: Request): Credentials {
  const header = headers.get('Authorization') ?? ''
  if (!/^dpop(\s|$)/i.test(header)) return { form: 'none' }
  const token = /^ +([A-Za-z0-9\-._~+/]+=*)$/.exec(header.slice('DPoP'.length))?.[1]
  return token === undefined
    ? { form: 'malformed', detail: 'the Authorization header is not one DPoP token' }
    : { form: 'token', token }
}
