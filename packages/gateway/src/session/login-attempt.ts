import * as z from 'zod'
import type { CookieEncryption } from './encryption.ts'

/** How long a user may take to log in at Auth0, in seconds. */
export const LOGIN_SECONDS = 600

const LOGIN_ATTEMPT = z.object({
  /** Comes back from Auth0 with the code (RFC 6749 §10.12). */
  state: z.string(),
  /** Comes back in the ID token (OpenID Connect Core §3.1.2.1). */
  nonce: z.string(),
  /** RFC 7636 §4.1. */
  codeVerifier: z.string(),
  returnTo: z.string(),
  /** Auth0 announced `iss` in its responses (RFC 9207): one without it is rejected. */
  requiresIss: z.boolean(),
})

/** A login that is under way. It is kept by the browser that began it, sealed, and by nobody else. */
export type LoginAttempt = z.infer<typeof LOGIN_ATTEMPT>

/** @param now seconds since the epoch */
export function encryptLoginAttempt(
  encryption: CookieEncryption,
  attempt: LoginAttempt,
  now: number,
): Promise<string> {
  return encryption.encrypt('login', attempt, now + LOGIN_SECONDS)
}

/** The login under way; `undefined` when it is over, or was never ours. */
export async function decryptLoginAttempt(
  encryption: CookieEncryption,
  sealed: string | undefined,
  now: number,
): Promise<LoginAttempt | undefined> {
  const content = sealed === undefined ? undefined : await encryption.decrypt('login', sealed, now)
  return LOGIN_ATTEMPT.safeParse(content).data
}
