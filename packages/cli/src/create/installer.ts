/** Package managers that have `install` and `start`. npm, unless another one started this program. */
const INSTALLERS = ['npm', 'pnpm', 'yarn', 'bun'] as const

/** What installs packages. */
export type Installer = (typeof INSTALLERS)[number]

/** The package manager that started this program: `pnpm create sealgate` installs with pnpm. @param userAgent `npm_config_user_agent` */
export function installerOf(userAgent: string | undefined): Installer {
  return INSTALLERS.find((name) => userAgent?.startsWith(`${name}/`)) ?? 'npm'
}
