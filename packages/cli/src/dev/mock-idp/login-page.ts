import { escape } from './page.ts'
import { oddityOf, type TenantUser } from './users.ts'

export interface LoginPage {
  /** What was typed before. */
  readonly email: string
  /** Why the last attempt failed. */
  readonly problem?: string
  /** Users to list with their passwords: only where they are for demonstration. */
  readonly demoUsers: readonly TenantUser[]
}

/** The login form. It is sent to the address that it came from. */
export function loginForm({ email, problem, demoUsers }: LoginPage): string {
  const invalid = problem === undefined ? '' : ' aria-invalid="true" aria-describedby="problem"'
  return `${problem === undefined ? '' : `<p role="alert" id="problem">${escape(problem)}</p>`}
<form method="post">
<label for="username">Email address</label>
<input id="username" name="username" type="email" autocomplete="username" required autofocus value="${escape(email)}"${invalid}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${invalid}>
<button type="submit">Continue</button>
</form>
${demoUsers.length === 0 ? '' : userTable(demoUsers)}`
}

function userTable(users: readonly TenantUser[]): string {
  const rows = users.map(
    (user) =>
      `<tr><td>${escape(user.email)}</td><td>${escape(user.password)}</td><td>${escape(rightsOf(user))}</td></tr>`,
  )
  return `<section aria-labelledby="users">
<h2 id="users">Demo users</h2>
<table>
<thead><tr><th scope="col">Email</th><th scope="col">Password</th><th scope="col">Rights</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</section>`
}

function rightsOf(user: TenantUser): string {
  return [...user.roles, ...user.permissions, oddityOf(user)].filter((one) => one !== '').join(', ') || 'none'
}
