import type { DenialReason, KitErrorCode } from '@sealgate/kit'
import type { Cause } from './cause.ts'

const NEW_TOKEN = 'the client gets a new token'

/**
 * Why a service denied. docs/reference/errors.md has its table from here. A reason without a row does not compile.
 */
export const KIT_CAUSES: Readonly<Record<DenialReason, Cause & { readonly often: string }>> = {
  no_credentials: {
    meaning: 'neither a bearer token nor, where the guard reads one, a cookie came',
    often:
      'a client that lost its token; a call past the gateway, without one; another scheme, such as `Basic`',
    todo: 'the client must send `Authorization: Bearer` and a token for this service',
  },
  malformed_credentials: {
    meaning: 'two `Authorization` values, or `Bearer` without one token behind it',
    often: 'a proxy that adds a header of its own; `Bearer` and an empty variable',
    todo: 'look at what the client sends, and at what stands before the service',
  },
  malformed: {
    meaning: 'no compact JWS in its one form',
    often: 'a truncated token, `Bearer undefined`, another token kind',
    todo: 'compare the length of what the client sends with the token that it got; `sealgate whois` reads that',
  },
  too_large: {
    meaning: 'over 8 KiB',
    often: 'too many claims',
    todo: 'narrow the audience, request a `scope`, or add fewer claims',
  },
  unsupported_alg: {
    meaning: 'another algorithm than this kit’s mode',
    often: 'an Auth0 token sent to a service; HS512 against EdDSA',
    todo: 'the client must go through the gateway, or exchange its token there first; else `sealgate doctor` compares the modes',
  },
  unsupported_crit: {
    meaning: 'the header requests extensions',
    often: 'not a token of ours',
    todo: 'find out who issued it: `sealgate whois` reads it',
  },
  wrong_type: {
    meaning: 'another `typ`',
    often: 'a transaction or request-bound token in place of an access token; an ID token',
    todo: 'send an access token; for a request-bound one the guard has `bound: true`',
  },
  missing_kid: {
    meaning: 'EdDSA without `kid`',
    often: 'not a token of ours',
    todo: 'find out who issued it: `sealgate whois` reads it',
  },
  unknown_kid: {
    meaning: 'no key of that name after a fresh look',
    often: 'the slot that signed was overwritten: [rotation](../guides/operate.md)',
    todo: `${NEW_TOKEN}; when that fails too, the service asks another gateway than the one that issued it: \`sealgate doctor\` compares them, \`sealgate slots\` names the keys`,
  },
  bad_signature: {
    meaning: 'the signature is another’s',
    often: 'two environments with one `kid`; a token that was changed',
    todo: 'compare thumbprints of the keys with that `kid` (`npx kit-keygen thumbprint FILE`); a new key gets a `kid` of its own. If the keys are the same, somebody changed the token',
  },
  missing_claim: {
    meaning: '`sub`, `exp`, `iat` or another claim that every token has is not there',
    often: 'not a token of ours',
    todo: 'find out who issued it: `sealgate whois` reads it',
  },
  invalid_claim: {
    meaning: 'a claim is of another type or form',
    often: 'not a token of ours',
    todo: 'find out who issued it: `sealgate whois` reads it',
  },
  wrong_issuer: {
    meaning: '`iss` is not `JWT_ISS`',
    often: 'drift between environments',
    todo: 'set `JWT_ISS` of the service to that of its gateway, to the letter: `sealgate doctor` compares them',
  },
  wrong_audience: {
    meaning: '`aud` is not in `JWT_AUD`',
    often: 'a token for another service: delegate',
    todo: 'request a token for this service’s audience; a service that calls another one [delegates](kit.md#the-next-hop)',
  },
  expired: {
    meaning: '`exp` is past',
    often: 'a client that keeps tokens too long; a clock',
    todo: `${NEW_TOKEN}, and gets one before the end from now on (\`isExpiringSoon\`); right after an exchange it is a clock: \`sealgate doctor\` compares them`,
  },
  not_yet_valid: {
    meaning: '`nbf` is to come',
    often: 'a clock',
    todo: 'compare the clocks: `sealgate doctor`',
  },
  issued_in_future: {
    meaning: '`iat` is to come',
    often: 'a clock that is fast where it was issued',
    todo: 'compare the clocks: `sealgate doctor`',
  },
  too_old: {
    meaning: 'it lives longer than `JWT_MAX_TTL_SECONDS` allows',
    often: 'drift between environments',
    todo: 'set `JWT_MAX_TTL_SECONDS` of gateway and service to one value',
  },
  revoked: {
    meaning: 'on the deny-list',
    often: 'meant',
    todo: 'nothing, if it was meant: who did it stands in the gateway’s `operation` lines; the user logs in again',
  },
  denied_key: {
    meaning: 'its key is denied, or not among the allowed',
    often: '`JWT_ALLOWED_THUMBPRINTS` lacks the next key',
    todo: 'add the thumbprint to `JWT_ALLOWED_THUMBPRINTS` before a key activates; a key that was denied stays so',
  },
  request_mismatch: {
    meaning: 'bound to another request, or bound where no binding is requested',
    often: 'a proxy that rewrites paths or bodies',
    todo: '`bound: true` on the guard, or nothing between the two that changes the request',
  },
  anonymous: {
    meaning: 'an anonymous caller, and the policy says nothing of them',
    often: 'meant',
    todo: 'the caller logs in; a policy that takes callers without login says `allowAnonymous()`',
  },
  insufficient_rights: {
    meaning: 'the token is good, and the policy does not pass it',
    often:
      'a permission or role that the user lacks, or that the audience’s maximum or the route’s `grant` left out',
    todo: 'if the caller is to have the right: give it at Auth0, then look at the audience’s `permissions` and `roles`, then at the route’s `grant`, in `gateway.config.ts`',
  },
  identity_mismatch: {
    meaning: '`X-User-ID` came, and is not the token’s subject',
    often: 'a client that sets the header itself',
    todo: 'let the gateway alone set it',
  },
  cross_site: {
    meaning: 'the credential is a cookie, and the request comes from a page of another site',
    often: 'a page that calls across origins',
    todo: 'that page sends a token in `Authorization`',
  },
  approval_missing: {
    meaning: 'the caller is good, and the act needs a person’s yes: no `Txn-Token` came',
    often: 'an agent that acts without asking; a person’s own client that calls the route',
    todo: 'the Agent asks the person, gets the token by `approve`, and sends it beside its bearer token: [approved actions](../guides/agents.md#approved-actions)',
  },
  approval_invalid: {
    meaning:
      'the `Txn-Token` does not count: not signed by this gateway, no approval, two of them, or revoked',
    often: 'a transaction token that approves nothing; a proxy that adds a second header',
    todo: 'the detail begins with the reason, which is one of those above',
  },
  approval_expired: {
    meaning: 'the yes is over a minute old',
    often: 'an agent that did something else first',
    todo: 'the Agent gets the token right before it acts, and asks again',
  },
  approval_mismatch: {
    meaning:
      'the yes is for another tool, other arguments, another service, person or agent, or does not cover what the policy requires',
    often:
      'arguments that were changed between the yes and the act, or that agent and service put together differently',
    todo: 'the detail says which. Agent and service must name tool and arguments alike, to the letter; if they do, somebody changed them',
  },
  approval_used: {
    meaning: 'the yes was used before: it is for one act',
    often: 'an agent that tries again; two requests at once',
    todo: 'nothing, if the first one acted; else the Agent asks again',
  },
  replay_unavailable: {
    meaning: 'it could not be noted that the message came, so nothing was done',
    often: 'an outage of the Durable Object or KV; a binding in `once` that is no `UsedApprovals`',
    todo: 'passes, and the queue delivers again; else look at the binding, and at the platform’s status page',
  },
  approval_unavailable: {
    meaning: 'it could not be noted that the yes is used, so nothing was done',
    often:
      'an outage of the Durable Object or KV; a binding in `JWT_APPROVALS_NAME` that is no `UsedApprovals`',
    todo: 'passes; else look at the binding, and at the platform’s status page',
  },
  replayed: {
    meaning: 'the message of a queue is a copy: what its caller sealed came before, in another message',
    often: 'somebody who can write to the queue sent it again; a service that forwards messages as they are',
    todo: 'a service that forwards sends anew, with `withCaller`; else look who may write to the queue',
  },
  keys_unavailable: {
    meaning: 'keys cannot be had: no verdict on the token',
    often: 'the gateway is down, or the binding leads elsewhere',
    todo: 'the [binding](../guides/troubleshooting.md#keys-cannot-be-had) must say `"entrypoint": "Keys"`, and the gateway must run: `sealgate doctor`; then the gateway’s own log',
  },
  revocation_unavailable: {
    meaning: 'the deny-list cannot be read, and `JWT_DENYLIST_ON_ERROR` is `closed`',
    often: 'an outage of KV',
    todo: 'passes; else the platform’s status page',
  },
}

/** What code of the kit throws. docs/reference/errors.md has its table from here, with the status beside. */
export const KIT_ERROR_CAUSES: Readonly<Record<KitErrorCode, Cause>> = {
  ERR_CONFIG: {
    meaning: 'configuration; the message names the variable and the fix',
    todo: 'do what the message says; `sealgate doctor` finds it before a deploy',
  },
  ERR_CLAIMS: {
    meaning: 'the service asked to sign or delegate what a verifier would reject',
    todo: 'a fault of the service’s code: the message says which claim',
  },
  ERR_TOKEN: { meaning: 'the token; reasons above', todo: 'see its reason' },
  ERR_DENIED: {
    meaning: 'the caller of an Agent may not do this: `requireAuth` threw it; its `decision` has the reason',
    todo: 'see the line of the decision, which has the reason and the rule',
  },
  ERR_CREDENTIALS_GONE: {
    meaning: 'an Agent slept, and the token of the connection was in its memory alone',
    todo: 'the client connects again; nothing else has to be done',
  },
  ERR_KEYS_UNAVAILABLE: {
    meaning:
      'keys cannot be had: no verdict on the token. *"does the binding set "entrypoint": "Keys"?"*: it does not',
    todo: KIT_CAUSES.keys_unavailable.todo,
  },
  ERR_REVOCATION_UNAVAILABLE: {
    meaning: 'the deny-list cannot be read',
    todo: KIT_CAUSES.revocation_unavailable.todo,
  },
}
