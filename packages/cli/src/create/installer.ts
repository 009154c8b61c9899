/** What installs packages. */
export const INSTALLERS = ['npm', 'pnpm'] as const
export type Installer = (typeof INSTALLERS)[number]

/**
 * The package manager that started this program: `pnpm create sealgate` makes a project for pnpm, anything else one for npm.
 *
 * @param userAgent `npm_config_user_agent`
 */
export function installerOf(userAgent: string | undefined): Installer {
  return INSTALLERS.find((name) => userAgent?.startsWith(`${name}/`)) ?? 'npm'
}
