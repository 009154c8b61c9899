import type { RegisteredClaims } from '@sealgate/kit/external'
import { clientIdOf } from '../auth0/subject.ts'
import type { IssuerProfile } from '../config/issuer-definition.ts'
import type { Auth0Rejection } from '../auth0/auth0-error.ts'

/** Who a token is about, in the names of its issuer. */
export interface Party {
  readonly name: string
  readonly kind: 'user' | 'machine'
  /** The client that it was issued to. */
  readonly clientId: string | undefined
}

type Claims = Readonly<Record<string, unknown>>

/** How the access tokens of one kind of issuer look. */
export interface Profile {
  /** `typ` headers that count; a missing one is `JWT`. */
  readonly types: readonly string[]
  /** What its claims are before any is checked. */
  readonly read?: (claims: Claims) => Claims
  /** Why verified claims are no access token of this kind; `undefined`: they are. */
  readonly problem?: (claims: Claims) => Auth0Rejection | undefined
  readonly party: (claims: RegisteredClaims) => Party | undefined
  /** Its `tid` is verified by its issuer's name, and unique in the world. */
  readonly keepsTenant?: true
}

/** RFC 9068 §2.2, RFC 9700 §4.15: where a client gets a token for itself, its subject is the client. */
function oauthParty(claims: RegisteredClaims): Party {
  const clientId = clientIdOf(claims)
  return { name: claims.sub, kind: claims.sub === clientId ? 'machine' : 'user', clientId }
}

export const PROFILES: Readonly<Record<IssuerProfile, Profile>> = {
  rfc9068: {
    types: ['at+jwt'],
    problem: ({ client_id: clientId, jti }) => (isName(clientId) && isName(jti) ? undefined : 'not_rfc9068'),
    party: oauthParty,
  },
  jwt: { types: ['JWT', 'at+jwt'], party: oauthParty },
  auth0: {
    types: ['JWT', 'at+jwt'],
    party: (claims) => {
      const machine = /^(.+)@clients$/s.exec(claims.sub)?.[1]
      const clientId = clientIdOf(claims)
      return machine !== undefined && !claims.sub.includes('|')
        ? { name: machine, kind: 'machine', clientId }
        : { name: claims.sub, kind: 'user', clientId }
    },
  },
  // A user has a `uid`; `sub` is the login, which may become another person's.
  okta: {
    types: ['JWT', 'at+jwt', 'application/okta-internal-at+jwt'],
    problem: ({ cid }) => (isName(cid) ? undefined : 'wrong_profile'),
    party: ({ cid, uid, sub }) => {
      if (!isName(cid)) return undefined
      if (uid === undefined) return sub === cid ? { name: cid, kind: 'machine', clientId: cid } : undefined
      return isName(uid) ? { name: uid, kind: 'user', clientId: cid } : undefined
    },
  },
  // An ID token of an application that is its own API has the same `aud`: it has no `azp`.
  entra: {
    types: ['JWT'],
    problem: ({ ver, azp, iss, tid }) =>
      ver === '2.0' && isName(azp) && isName(tid) && String(iss).split('/').includes(tid)
        ? undefined
        : 'wrong_profile',
    party: ({ azp, oid, scp, roles, idtyp }) => {
      if (!isName(azp) || !isName(oid)) return undefined
      // Of a user there is a scope; of an application there are roles, and on request `idtyp`.
      if (scp !== undefined) return idtyp === 'app' ? undefined : { name: oid, kind: 'user', clientId: azp }
      return roles !== undefined || idtyp === 'app'
        ? { name: oid, kind: 'machine', clientId: azp }
        : undefined
    },
    keepsTenant: true,
  },
  // A service token has no subject, and the name of its credential (`common_name`).
  'cloudflare-access': {
    types: ['JWT'],
    read: (claims) => (claims.sub === '' ? { ...claims, sub: claims.common_name } : claims),
    // `org` is the session with Access itself.
    problem: ({ type }) => (type === 'app' ? undefined : 'wrong_profile'),
    party: ({ sub, common_name: name }) => ({
      name: sub,
      kind: sub === name ? 'machine' : 'user',
      clientId: undefined,
    }),
  },
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
