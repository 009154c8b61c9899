/** Titles of groups, by which reports and budgets find them. */
export const EDDSA_VERIFY = 'EdDSA: verify a new token, JWKS warm'
export const HS512_VERIFY = 'HS512: verify a new token'
export const SEEN_VERIFY = 'verify a token seen before (against a raw EdDSA verify)'
export const EDDSA_SIGN = 'EdDSA: sign'
export const HS512_SIGN = 'HS512: sign'
export const HONO = 'EdDSA: what a guard adds to a Hono request'
export const LOOKUP = 'find a key: what 1,000 keys cost over 1, per verification'
export const POLICY = 'policy: needAll(2), rolesAny(2), where'
