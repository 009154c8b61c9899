import type { Cause } from './cause.ts'

/**
 * Details of the gateway’s `invalid_token` and its kin that mean something else there than in a service: the token is Auth0’s.
 * docs/reference/errors.md has its table from here.
 */
export const AUTH0_CAUSES: Readonly<Record<string, Cause>> = {
  malformed: {
    meaning: 'no signed JWT',
    todo: 'the client requests its token with the `audience` that `AUTH0_AUDIENCE` names: without one Auth0 issues a token that only itself can read. Else compare the length of what the client sends with the token that it got',
  },
  bad_signature: {
    meaning: 'the key of that name at Auth0 did not make the signature',
    todo: 'the client sends the token as it got it: something changed it, or somebody forged it',
  },
  expired: {
    meaning: '`exp` is past',
    todo: 'the client gets a new token at Auth0, and refreshes it before the end from now on',
  },
  ends_too_soon: {
    meaning: 'less than five seconds of lifetime are left',
    todo: 'the client refreshes its token before the end',
  },
  lives_too_long: {
    meaning: '`exp − iat` is over `AUTH0_TOKEN_MAX_SECONDS`, which holds for every issuer',
    todo: 'shorten *Token Expiration* at the API, or raise the variable',
  },
  id_token: {
    meaning: 'an ID token was sent in place of an access token',
    todo: 'the client sends the access token that came with it',
  },
  sender_constrained: {
    meaning: 'the token is bound to a certificate, or to something else that this gateway does not check',
    todo: 'choose DPoP, or no sender constraining, for the API at Auth0',
  },
  unknown_client: {
    meaning: 'its client is not in `AUTH0_CLIENTS`; of another issuer, not in its `clients`',
    todo: 'add the client id there, if the client is yours',
  },
  unknown_organization: {
    meaning: 'its organization is not in `AUTH0_ORGANIZATIONS`',
    todo: 'add its id to `AUTH0_ORGANIZATIONS`, if its members are to pass',
  },
  not_rfc9068: {
    meaning:
      '`AUTH0_TOKEN_PROFILE` is `rfc9068`, or the `profile` of the issuer, and the token is not of that profile',
    todo: 'choose the profile RFC 9068 for the API at Auth0, or unset the variable; name the `profile` of the other issuer',
  },
  wrong_profile: {
    meaning:
      'the token is none that its issuer’s `profile` has, such as an ID token, or a session with Cloudflare Access itself',
    todo: 'the client sends its access token; compare the token’s claims (`sealgate whois`) with the `profile` of its issuer in `gateway.config.ts`',
  },
  wrong_audience: {
    meaning: 'the token is for another API than `AUTH0_AUDIENCE`; of another issuer, than its `audience`',
    todo: 'the client requests its token with the `audience` that `AUTH0_AUDIENCE` names. A token of this gateway goes to the service itself',
  },
  wrong_issuer: {
    meaning: 'the token is of another tenant, of no issuer in `issuers`, or of this gateway itself',
    todo: 'compare `AUTH0_DOMAIN`, and each `issuer`, with the token’s `iss` (`sealgate whois`): every character counts. A token of this gateway goes to the service itself',
  },
  unsupported_alg: {
    meaning: 'the token is not signed with RS256; of another issuer, with none of its `algorithms`',
    todo: 'set the API’s *Signing Algorithm* at Auth0 to RS256. A token of this gateway goes to the service itself',
  },
  unknown_kid: {
    meaning: 'Auth0 has no key of that name',
    todo: 'compare `AUTH0_DOMAIN` with the token’s `iss`: most often the token is of another tenant',
  },
  required_not_held: {
    meaning: 'the route’s `require` names a permission that the exchange does not grant this caller',
    todo: 'if the caller is to have the right: give it at Auth0; then look at the audience’s `permissions`, and at the route’s `require` and `grant`, in `gateway.config.ts`',
  },
}
