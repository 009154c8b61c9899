import type { AudienceDefinition, GatewayDefinition, OfflineDefinition } from './definition.ts'
import { offline as schema } from './definition-schema.ts'
import { definitionError, present, reject } from './schema.ts'
import { check } from './value-types.ts'

/**
 * What is renewed when its caller has gone, by audience.
 *
 * @throws ConfigError naming the audience and what to do
 */
export function readOffline(
  env: object,
  { offline: given = {} }: GatewayDefinition,
  audiences: ReadonlyMap<string, AudienceDefinition>,
): ReadonlyMap<string, OfflineDefinition> {
  const parsed = check(schema, given)
  if (!parsed.success) throw definitionError('offline', parsed.error)
  const grants = new Map(Object.entries(parsed.data))
  for (const [audience, { permissions }] of grants) {
    const known = audiences.get(audience)
    if (!known) reject('offline', `names ${audience}, which is not in AUDIENCES`)
    const unknown = permissions.find((one) => !known.permissions.includes(one))
    if (unknown !== undefined) {
      reject('offline', `${audience} names ${unknown}, which the audience never carries`)
    }
  }
  if (grants.size > 0 && present(env, 'JWT_DENYLIST_NAME') === undefined) {
    reject('offline', 'needs a deny-list, or nobody could end what is renewed: set JWT_DENYLIST_NAME')
  }
  return grants
}
