/** Every number that the kit relies on, with its reason. Seconds and bytes unless the name says otherwise. */

/** Longest token that is looked at. Header limits of proxies are 8 KiB; Auth0-sized tokens are 1–2 KiB. */
export const MAX_TOKEN_BYTES = 8192
/** Longest `kid`: it is untrusted look-up input (RFC 8725bis §3.10). */
export const MAX_KID_LENGTH = 256
/** Lifetime of an issued token: short enough that revocation is rarely needed. */
export const DEFAULT_TTL_SECONDS = 900
/** The most that is issued or accepted as `exp − iat`; rotation and revocation rest on it. */
export const DEFAULT_MAX_TTL_SECONDS = 3600
/** Clock tolerance; Cloudflare's clocks agree far better, hand-run services may not. */
export const DEFAULT_LEEWAY_SECONDS = 90
/** More leeway than this means a broken clock, not a skewed one ("no more than a few minutes", RFC 9068 §4). */
export const MAX_LEEWAY_SECONDS = 300
/** Request-bound tokens live just long enough to be sent. */
export const REQUEST_TTL_SECONDS = 60
/** Deepest chain of actors (RFC 8693 §4.1); Auth0 draws the line at the same number. */
export const MAX_ACTOR_DEPTH = 5

/** RFC 7518 §3.2: an HMAC key must be at least as long as the hash. */
export const MIN_SECRET_BYTES = 64
/** A slot stops signing this long before `exp − (max TTL + leeway)`, so that its tokens end before it is withdrawn. */
export const SLOT_MARGIN_SECONDS = 300

/** How long a fetched JWK Set is fresh: the five-minute promise. */
export const JWKS_TTL_SECONDS = 300
/** In the last part of its freshness a set is refreshed in the background: this long, or a tenth of the TTL if less. */
export const JWKS_EARLY_SECONDS = 30
/** How long past freshness the last good set may serve in an outage; no token outlives it by default. */
export const JWKS_MAX_STALE_SECONDS = 900
/** At most one refetch for unknown `kid`s in this time, whatever arrives. */
export const JWKS_COOLDOWN_SECONDS = 30
/** Unknown `kid`s remembered during the cooldown. */
export const JWKS_NEGATIVE_KIDS = 256
/** First and longest pause after a failed load; it doubles in between. */
export const BACKOFF_MIN_SECONDS = 1
export const BACKOFF_MAX_SECONDS = 60
/** A JWK Set larger than this is hostile or broken: 64 Ed25519 keys are 15 KiB. */
export const JWKS_MAX_BYTES = 65_536
export const JWKS_MAX_KEYS = 64
/** How long one load may take, body included. */
export const LOAD_TIMEOUT_MS = 5000
/** How long a waiter trusts somebody else's load before it starts its own: a dead request's promise never settles. */
export const WAITER_DEADLINE_MS = 6000

/** Secrets Store values are read again this often, and an old value serves this long past that in an outage. */
export const SECRET_TTL_SECONDS = 60
export const SECRET_MAX_STALE_SECONDS = 300

/** Parsed headers kept per kit. A producer has one header per signing key. */
export const HEADER_CACHE_ENTRIES = 64
/** Verified tokens kept per kit, and the longest token that is kept (about 1.5 KB of memory an entry). */
export const TOKEN_CACHE_ENTRIES = 1000
export const TOKEN_CACHE_MAX_BYTES = 4096

/** Kits, and external verifiers, kept per isolate; more means that the environment is new on every request. */
export const MAX_KITS = 16

/** Largest body that a request-bound token covers; it is held in memory once. */
export const MAX_BOUND_BODY_BYTES = 1_048_576

/** Most characters and levels of what is hashed as canonical JSON: the arguments of an action that a person reads and approves. */
export const MAX_CANONICAL_LENGTH = 65_536
export const MAX_CANONICAL_DEPTH = 64
/** Most characters of what is sealed for a queue (128 KiB), a workflow (1 MiB) or for later. */
export const MAX_SEALED_LENGTH = 1_048_576

/** Clock tolerance for an approval: it lives a minute, and comes from a gateway on the same platform. */
export const APPROVAL_LEEWAY_SECONDS = 10
/** How long after its end it is remembered that an approval was used: no clock takes it any more. */
export const APPROVAL_MEMORY_SECONDS: number = MAX_LEEWAY_SECONDS + 60
/** How long noting a use may take before it counts as failed. */
export const APPROVAL_TIMEOUT_MS = 2000

/** How long a verdict of the deny-list is remembered. With KV's own minute, a revocation holds after about 90 s. */
export const DENYLIST_CACHE_SECONDS = 30
/** Verdicts remembered per kit; three a token, and one for each party that acts. */
export const DENYLIST_CACHE_ENTRIES = 3000
/** How long a read of the deny-list may take before it counts as failed. */
export const DENYLIST_TIMEOUT_MS = 2000
/** How long after a read that failed the callers of open sockets are looked up again, before any is closed for it. */
export const DENYLIST_RETRY_MS = 3000
/** The most keys that one bulk read of KV takes. */
export const KV_MAX_BULK_KEYS = 100
/** KV keeps no entry for less than this. */
export const KV_MIN_TTL_SECONDS = 60
/**
 * An entry outlives the longest token by this: another verifier may have the largest leeway, and a clock that is a minute
 * behind.
 */
export const DENYLIST_MARGIN_SECONDS: number = MAX_LEEWAY_SECONDS + 60
/**
 * A revoked subject stays on the list while a refresh token from before can still get an access token (30 days, the
 * gateway's AUTH0_REFRESH_MAX_SECONDS) and that token lives (a day, Auth0's default). A gateway may say longer. A revoked
 * token stays as long, because that is how long a gateway may renew one (`offline`).
 */
export const DENYLIST_SUBJECT_TTL_SECONDS: number = 31 * 86_400
/** A revoked key stays on the list for a year: a rollback brings the secrets of an older version back. */
export const DENYLIST_KEY_TTL_SECONDS: number = 365 * 86_400

/** RFC 7518 §3.3: an RSA key must have at least 2048 bits. */
export const MIN_RSA_BITS = 2048
/** RFC 8017 §3.1: the public exponent is odd and at least 3. */
export const MIN_RSA_EXPONENT = 3n

/** Lines of one level that an isolate writes in a second: a flood of denials must not cost more than what it floods. */
export const MAX_LOG_LINES_A_SECOND = 20
/** Characters of a text in a line of the log: others' texts, such as names of permissions, have no bound of their own. */
export const MAX_LOG_TEXT = 300

/** How long a person has to say yes to a tool call of an Agent, and the Agent to make it: minutes, as the sight of it is fresh. */
export const QUESTION_SECONDS = 300
