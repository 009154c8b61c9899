import type { Cause } from './cause.ts'

/**
 * What is wrong with a DPoP proof, or with how it goes with its token: the detail of the gateway’s `invalid_dpop_proof` and its
 * kin. docs/reference/errors.md has its table from here.
 */
export const DPOP_CAUSES: Readonly<Record<string, Cause>> = {
  proof_missing: {
    meaning: 'the token is bound to a key (`cnf.jkt`), and no proof came with it; or a proof is required',
    todo: 'the client sends `Authorization: DPoP` and a proof in the header `DPoP`. A stolen token stops here',
  },
  proof_of_another_key: {
    meaning: 'the proof is signed with another key than the one that the token is bound to',
    todo: 'the client signs with the key with which it got the token. A stolen token stops here',
  },
  not_bound: {
    meaning:
      'the token is bound to no key, and came by the scheme `DPoP` or with a proof; or `DPOP` is `required`',
    todo: 'the client gets its token with a proof too; or sends it as `Bearer`, where `DPOP` is `accepted`',
  },
  proof_malformed: {
    meaning: 'the header `DPoP` is not one JWT: none, two, or something else',
    todo: 'the client sends one proof',
  },
  proof_too_large: { meaning: 'the proof is over 8 KiB', todo: 'the client sends less' },
  proof_unsupported_crit: {
    meaning: 'its header has `crit` or `b64`',
    todo: 'the client leaves them out',
  },
  proof_wrong_type: { meaning: 'its `typ` is not `dpop+jwt`', todo: 'the client sends a DPoP proof there' },
  proof_bad_key: {
    meaning: 'its `jwk` is missing, private, too weak, or of a kind that does not sign',
    todo: 'the client puts its public key there: P-256, P-384, Ed25519, or RSA of 2048 to 8192 bits',
  },
  proof_unsupported_alg: {
    meaning: 'its `alg` is none of those in the challenge, or does not fit its key',
    todo: 'the client signs with one of them',
  },
  proof_bad_signature: {
    meaning: 'the key in its header did not make its signature',
    todo: 'a fault of the client, or a forgery',
  },
  proof_no_jti: { meaning: 'its `jti` is missing, empty, or over 256 characters', todo: 'a UUID does' },
  proof_another_method: {
    meaning: 'its `htm` is not the method of the request',
    todo: 'the client makes a proof for each request',
  },
  proof_another_uri: {
    meaning: 'its `htu` is not the address of the request',
    todo: '`BASE_URL` must be the address that the client calls; the client makes a proof for each request',
  },
  proof_no_iat: { meaning: 'its `iat` is missing', todo: 'the client sets it to the time' },
  proof_another_time: {
    meaning: 'its `iat` is over 60 seconds from now, either way',
    todo: 'compare the client’s clock; the client makes a proof for each request',
  },
  proof_another_token: {
    meaning: 'its `ath` is not the hash of the token that it came with',
    todo: 'the client makes a proof for each token',
  },
  proof_used: {
    meaning: 'it was used before',
    todo: 'the client makes a proof with a new `jti` for each request; else a replay: nothing',
  },
}
