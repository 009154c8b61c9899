import { namesOf } from '@sealgate/kit/gateway'
import { present, VARIABLES } from './schema.ts'

/** A secret that is shared with services (HS512), by where it stands. */
export interface SharedSecret {
  /** The variable or binding that holds it. */
  readonly name: string
  /** Who verifies with it: one audience, or every service. */
  readonly audience: string | undefined
  readonly text: unknown
}

/** The names of the bindings that hold what signs. */
export function signingSecretNames(env: object): readonly string[] {
  return [
    present(env, 'JWT_PRIVATE_JWK_NAME'),
    present(env, 'JWT_SECRET_NAME'),
    ...secretsByAudience(env).values(),
  ].flatMap(namesOf)
}

/** Every secret that is shared with services, those that only verify too. */
export function sharedSecrets(env: object): readonly SharedSecret[] {
  const named = (names: unknown, audience?: string): readonly SharedSecret[] =>
    namesOf(names).map((name) => ({ name, audience, text: present(env, name) }))
  const inline = namesOf(present(env, 'JWT_SECRET'))
  return [
    ...named(present(env, 'JWT_SECRET_NAME')),
    ...inline.map((text) => ({ name: 'JWT_SECRET', audience: undefined, text })),
    ...[...secretsByAudience(env)].flatMap(([audience, names]) => named(names, audience)),
  ]
}

/** `JWT_SECRETS_BY_AUDIENCE`, as far as it is what it has to be. */
function secretsByAudience(env: object): ReadonlyMap<string, string> {
  const given = VARIABLES.shape.JWT_SECRETS_BY_AUDIENCE.safeParse(present(env, 'JWT_SECRETS_BY_AUDIENCE'))
  return new Map(Object.entries(given.data ?? {}))
}
