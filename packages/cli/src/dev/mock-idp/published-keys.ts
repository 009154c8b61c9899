import { jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose'

import type { TenantContext } from './context.ts'

/** Verifies one of the tenant's own tokens with the keys that it publishes. Rejects with jose's errors. */
export async function verifyOwn(
  tenant: TenantContext,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(
    token,
    ({ kid }) => {
      const key = tenant.keys.published.find((candidate) => candidate.kid === kid)
      if (key === undefined) throw new Error('The key of this token is not published.')
      return key.publicKey
    },
    { algorithms: ['RS256'], issuer: tenant.issuer, ...options },
  )
  return payload
}
