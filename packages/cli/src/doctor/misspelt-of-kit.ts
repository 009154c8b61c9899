import { makeKit } from '@sealgate/kit'
import { namesOf } from '@sealgate/kit/gateway'

/** The least that a kit is made of: what is looked at are names alone. */
const LEAST = { JWT_ISS: 'https://gateway.internal', JWT_AUD: 'service', JWT_SECRET: 'A'.repeat(86) }

/**
 * Variables of an environment that are probably a misspelt one of the kit's. The kit reports them as well, once it accepts an
 * environment: where the one that is misspelt is needed, it does not come to that.
 */
export function misspeltOfKit(
  env: Readonly<Record<string, unknown>>,
): readonly { readonly name: string; readonly meant: string }[] {
  const found: { name: string; meant: string }[] = []
  // The names of secrets are a team's own.
  const named = new Set(Object.values(env).flatMap(namesOf))
  const names = Object.keys(env).filter((name) => name.startsWith('JWT_') && !named.has(name))
  makeKit(
    { ...Object.fromEntries(names.map((name) => [name, ''])), ...LEAST },
    {
      logLevel: 'off',
      onEvent: ({ event, name, detail = '' }) => {
        const meant = event === 'unknown_variable' ? /did you mean (\w+)\?/.exec(detail)?.[1] : undefined
        if (name !== undefined && meant !== undefined) found.push({ name, meant })
      },
    },
  )
  return found
}
