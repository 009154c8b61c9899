import type { ErrorCode } from '@sealgate/gateway/config'
import type { Cause } from './cause.ts'

/**
 * The errors of the gateway. docs/reference/errors.md has its table from here; status and `error` on the wire are beside them
 * there. An error without a row does not compile.
 */
export const GATEWAY_CAUSES: Readonly<Record<ErrorCode, Cause>> = {
  invalid_request: {
    meaning: 'a parameter is missing, repeated or unsupported; the body is not a form, not JSON, not UTF-8',
    todo: 'the description names it',
  },
  request_too_large: { meaning: 'the body is over 64 KiB', todo: 'the client sends less' },
  invalid_subject_token: {
    meaning: 'the Auth0 token of an exchange does not count (RFC 8693 §2.2.2)',
    todo: 'look the detail up under *Auth0 tokens*',
  },
  invalid_exchange_proof: {
    meaning:
      'the subject token and the DPoP proof of an exchange do not go together, or the proof does not count',
    todo: 'look the detail up under *DPoP proofs* or *Auth0 tokens*',
  },
  use_exchange_nonce: {
    meaning: 'the DPoP proof of an exchange has no nonce of this gateway, or one that is over',
    todo: 'nothing: the client sends it again with the nonce of `DPoP-Nonce`',
  },
  invalid_actor_token: {
    meaning: "the actor's token does not count",
    todo: 'look the detail up under *Auth0 tokens*',
  },
  actor_not_allowed: {
    meaning: "the actor is named neither by the subject's `may_act` nor by `actors` of the audience",
    todo: 'add it in `gateway.config.ts`, if it is meant to act',
  },
  invalid_target: {
    meaning:
      'the audience is not in `audiences`, no audience lists the `resource`, the client may not exchange for it, or audience and resources do not agree; `Admin.sign` for an audience not in `ADMIN_SIGN`',
    todo: 'spell it as `gateway.config.ts` does',
  },
  invalid_scope: {
    meaning: 'more was requested than is held, or than the audience may carry',
    todo: "compare the user's permissions at Auth0 with the audience's list",
  },
  approver_not_allowed: {
    meaning:
      'an approval was requested with a token that is not the person’s own: delegated, renewed, or of a machine, an agent or an anonymous caller',
    todo: 'the Agent asks the person, and calls `approve` with the token of the connection that the yes came over',
  },
  no_proof: {
    meaning: 'an approval or a receipt was requested, and the gateway signs with HS512',
    todo: 'let the gateway sign with EdDSA: with HS512 each service holds what signs',
  },
  invalid_grant: {
    meaning:
      'the identity assertion of a request for `enterprise` does not count: `used` once, of `another_client`, or as the detail says',
    todo: 'the client gets a new assertion for each request, for the `client_id` that it has here, with this gateway’s `BASE_URL` as `audience`; else look the detail up under *Auth0 tokens*',
  },
  unsupported_grant_type: {
    meaning: 'another grant than token exchange',
    todo: 'clients log users in at Auth0, not here',
  },
  invalid_client: {
    meaning:
      'id, secret or assertion is wrong, the assertion was used before, or none came where one is needed',
    todo: 'the detail says which; compare the SHA-256 in `EXCHANGE_CLIENTS`, the keys in `clients`',
  },
  client_not_allowed: {
    meaning: 'the client has no audiences; at the start the log says `client_without_audiences`',
    todo: 'list them under `clients` in `gateway.config.ts`',
  },
  unauthorized_client: {
    meaning: 'an entrypoint was called over a binding whose `props` do not allow it',
    todo: 'set `props.service`; for `Admin` also `"admin": true`',
  },
  not_renewable: {
    meaning:
      '`Exchange.renew`: no `offline` grant for the service, a token older than its `maxAgeSeconds`, or one that was renewed before',
    todo: 'the detail says which; the work is to be started anew by its caller, or `offline` in `gateway.config.ts` grants more',
  },
  no_credentials: {
    meaning:
      'the route needs a bearer token or a session, and none came; another scheme, such as `Basic`, is none',
    todo: 'the client must send one',
  },
  malformed_credentials: {
    meaning: 'two credentials, or one that is no bearer token',
    todo: 'look for a proxy that adds a second header',
  },
  invalid_token: {
    meaning: 'the token does not count; at `/operator` the detail begins with `operator:`',
    todo: 'look the detail up below; `operator: used` is a request that came twice, `operator: unknown_kid` a key that is not in `OPERATOR_KEYS`',
  },
  proof_required: {
    meaning:
      'a token came as `Bearer` that needs a DPoP proof: it is bound to a key, or `DPOP` is `required`',
    todo: 'the client sends `Authorization: DPoP` and a proof in `DPoP`',
  },
  invalid_dpop_proof: {
    meaning: 'the DPoP proof is missing or does not count',
    todo: 'look the detail up under *DPoP proofs*',
  },
  use_dpop_nonce: {
    meaning: 'the DPoP proof has no nonce of this gateway, or one that is over',
    todo: 'nothing: the client sends it again with the nonce of `DPoP-Nonce`',
  },
  insufficient_scope: {
    meaning: 'the route requires a permission that the caller lacks',
    todo: '`require` of the route; permissions at Auth0',
  },
  bad_path: {
    meaning:
      'encoded slashes, dots, letters or control characters, what Unicode folds to one, `//`, `;`, `\\`, `|`, or bytes that are not UTF-8 in the path',
    todo: 'the client must send the [plain form](http.md)',
  },
  not_found: {
    meaning:
      'no route; or what is there is switched off (JWKS, revocation, password realm, logins, metadata)',
    todo: 'a path of yours: `routes` in `gateway.config.ts`; one of the gateway’s: the variable that switches it on is in [the reference of the environment](environment.md#gateway)',
  },
  no_public_keys: {
    meaning: 'the JWKS was requested, and the gateway signs with HS512',
    todo: 'consumers need the secret, or EdDSA',
  },
  method_not_allowed: {
    meaning: 'the path has routes for other methods',
    todo: 'the client uses one of those that `Allow` lists, or the route’s `methods` in `gateway.config.ts` get this one',
  },
  service_failed: {
    meaning: 'the service threw, or did not begin its response within `timeoutMs`',
    todo: "look into that service's log",
  },
  no_session: { meaning: 'no session cookie, or a session that is over', todo: 'log in' },
  session_expired: {
    meaning:
      'Auth0 takes the refresh token no more (rotation reuse, inactivity, a blocked user, an Action that denies), or the user was revoked',
    todo: 'log in; for many at once see the [runbook](../guides/production.md#auth0-runbook)',
  },
  session_lost: {
    meaning:
      "a route with `login: 'redirect'` finds no session right after a login that was to end there: the browser kept no cookie of it, or the session was over at once (an access token that ends within a minute, without a refresh token)",
    todo: '`BASE_URL` must be what the browser shows; *Token Expiration* at Auth0',
  },
  not_refreshable: {
    meaning: 'the session has no refresh token: `offline_access` was not granted, or `SESSION_STORE=cookie`',
    todo: 'allow offline access at the API in Auth0',
  },
  sessions_unavailable: {
    meaning: 'the Durable Object of the session did not respond',
    todo: "passes; else the platform's status page",
  },
  session_too_large: {
    meaning: '`SESSION_STORE=cookie`, and the tokens do not fit',
    todo: '`SESSION_STORE=do`, or fewer claims',
  },
  cookies_too_large: {
    meaning: 'the Cookie header is over 8 KB',
    todo: 'the site sets too many cookies, or somebody probes',
  },
  method_unknown: {
    meaning: 'the method is none that a route can have, such as `TRACE`',
    todo: 'the client uses another method',
  },
  csrf: {
    meaning:
      'a request with a session that does not come from a page of this site: also a frame, image, script or fetch of a sibling; a login that one of them begins; a form for `/oauth/token` or `/oauth/revoke` of a page that is not in `CORS_ORIGINS`',
    todo: '`BASE_URL` must be what the browser shows; other pages send a token',
  },
  invalid_logout_token: {
    meaning: 'the logout token of the provider does not count: the detail says which rule it breaks',
    todo: 'a replay or a forgery: nothing. Else issuer and client of the login must be those that it was issued by and for',
  },
  logout_impossible: {
    meaning:
      'the provider ends sessions, and they are in cookies (`SESSION_STORE=cookie`) without a deny-list',
    todo: '`SESSION_STORE=do`, or set `JWT_DENYLIST_NAME`',
  },
  login_failed: {
    meaning:
      'the code was used before, or issuer, nonce or ID token do not match, or the provider ended the session meanwhile',
    todo: 'start again; if always, see the [runbook](../guides/production.md#auth0-runbook)',
  },
  login_expired: { meaning: 'the login took over ten minutes', todo: 'start again' },
  login_unknown: {
    meaning:
      'the browser sent no cookie of this login: it is over, of another browser, or cookies are blocked',
    todo: 'start again; if always, `BASE_URL` must be what the browser shows',
  },
  login_denied: { meaning: 'Auth0 or a rule or action of the tenant rejected', todo: "the tenant's log" },
  rate_limited: {
    meaning: 'the address (of IPv6 its /64), client or user had enough',
    todo: '`Retry-After`; the numbers are in `wrangler.jsonc`, a limiter for [each kind of caller](environment.md#gateway)',
  },
  limiter_unavailable: {
    meaning: 'the rate limiter failed, and the password realm goes without it for nobody',
    todo: 'passes',
  },
  auth0_failed: {
    meaning: 'Auth0 responded with an error of its own, or with a page',
    todo: "Auth0's status page",
  },
  auth0_unavailable: {
    meaning: 'Auth0 or its keys cannot be had within five seconds',
    todo: "`AUTH0_DOMAIN`; Auth0's status page",
  },
  issuer_unavailable: {
    meaning: 'the keys of an issuer of `issuers` cannot be had; tokens of the others go on',
    todo: 'read `detail`; compare its `jwksUri` in `gateway.config.ts` with `jwks_uri` of the issuer’s own metadata (`sealgate doctor` does), and see its status page',
  },
  keys_unavailable: { meaning: 'keys cannot be had', todo: '`Admin.health()`' },
  revocation_unavailable: {
    meaning: 'KV does not respond, and `JWT_DENYLIST_ON_ERROR` is `closed`',
    todo: 'passes',
  },
  not_ready: { meaning: '`/ready`: as `misconfigured`', todo: 'the log names it and the fix' },
  no_signing_key: {
    meaning: '`/ready`: no slot may sign now, so that no token can be issued',
    todo: 'the log says what is wrong with each slot',
  },
  claims_unavailable: {
    meaning: 'the hook `claims` of the definition threw, or took longer than two seconds',
    todo: 'the detail says which; what the hook asks is down or slow',
  },
  claims_invalid: {
    meaning:
      'the hook `claims` returned what a token cannot carry: a name without a domain, no JSON, over 2048 characters',
    todo: 'the detail says what; a fault of the hook',
  },
  misconfigured: { meaning: 'a variable is missing or wrong', todo: 'the log names it and the fix' },
  internal: {
    meaning:
      "a fault of the gateway; with the detail *the token would be larger*: the user's claims and rights do not fit into 8 KiB",
    todo: 'report it with the log line; for the other, narrow the audience or request a `scope`',
  },
}
