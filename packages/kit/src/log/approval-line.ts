import type { VerifiedClaims } from '../claims/types.ts'
import { type AboutRequest, type CallerLog, requestFields, textOf } from './decision-line.ts'
import type { HashSubject } from './subject-hash.ts'

/** Writes that an approval was used. Neither what was approved nor its arguments are in the line. */
export function logApprovalUse(
  { logger, logHashKey }: CallerLog,
  about: AboutRequest,
  { jti, aud, sub }: VerifiedClaims,
  hashSubject: HashSubject | undefined,
): void {
  logger.decision('info', 'approval', async () => ({
    ...requestFields(about),
    outcome: 'used',
    audience: textOf(aud),
    jti,
    sub_hash: logHashKey === undefined ? undefined : await hashSubject?.(logHashKey, sub),
  }))
}
