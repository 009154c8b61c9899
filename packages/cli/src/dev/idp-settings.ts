import { namesOf } from '@sealgate/kit/gateway'
import type { DevDefinition } from './definition.ts'
import { demoClients, PASSWORD_REALM, type TenantClient } from './mock-idp/clients.ts'
import { REALM } from './mock-idp/password-realm.ts'
import type { TenantOptions } from './mock-idp/tenant.ts'
import { DEMO_PASSWORD, demoUsers, type TenantUser } from './mock-idp/users.ts'
import { type DevWorker, variableOf } from './dev-plan.ts'
import { readSecrets } from './secrets-file.ts'

/** The applications of the mock IdP, and its API. */
export interface IdpSettings extends Required<Pick<TenantOptions, 'clients' | 'rolesClaim' | 'audience'>> {
  /** The gateway's own application, for logins. */
  readonly web: TenantClient
  /** Those whose tokens the gateway is to accept: its own, and the one with which a line of a shell gets a user's token. */
  readonly knownClients: readonly string[]
  /** The realm of passwords. */
  readonly connection: string
}

/**
 * What the mock IdP has to know so that the gateway's variables fit it: the API, the claim, and an application for each client
 * id. One whose name is not among the demo's may do all, with the secret `local-secret-of-<id>`.
 */
export function idpSettings(gateway: DevWorker): IdpSettings {
  const ids = namesOf(gateway.vars.AUTH0_CLIENTS)
  const webId = variableOf(gateway, 'AUTH0_CLIENT_ID') ?? ids[0] ?? demoClients.web.clientId
  const webSecret = readSecrets(gateway.secretsFile).get('AUTH0_CLIENT_SECRET')
  const known: readonly TenantClient[] = Object.values(demoClients)
  const clients = [...new Set([webId, ...ids, demoClients.cli.clientId])].map((id): TenantClient => {
    const client = known.find(({ clientId }) => clientId === id) ?? anyClient(id)
    return id === webId ? webClient(client, webSecret) : client
  })
  const [web = webClient(anyClient(webId), webSecret)] = clients
  return {
    web,
    // Any may, where none is named.
    knownClients: ids.length === 0 ? [] : clients.map(({ clientId }) => clientId),
    // The gateway does not know the one, whose tokens are rejected; the other gets identity assertions.
    clients: [...clients, demoClients.foreign, demoClients.desktop].filter(isFirstOfItsId),
    audience:
      variableOf(gateway, 'AUTH0_AUDIENCE') ?? variableOf(gateway, 'AUTH0_AUTHENTICATION_AUDIENCE') ?? '',
    rolesClaim: variableOf(gateway, 'AUTH0_ROLES_CLAIM') ?? 'https://sealgate.test/roles',
    connection: variableOf(gateway, 'AUTH0_CONNECTION') ?? REALM,
  }
}

/** A variable may name a client of the demo, too. */
function isFirstOfItsId({ clientId }: TenantClient, index: number, all: readonly TenantClient[]): boolean {
  return all.findIndex((one) => one.clientId === clientId) === index
}

function anyClient(clientId: string): TenantClient {
  return {
    clientId,
    clientSecret: `local-secret-of-${clientId}`,
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', PASSWORD_REALM],
    // Those of this system are added.
    callbackUrls: ['http://127.0.0.1:8787/auth/callback'],
    permissions: ['read:reports'],
  }
}

/** The gateway logs in with its own secret, and takes passwords to the realm. */
function webClient(client: TenantClient, clientSecret: string | undefined): TenantClient {
  const grantTypes = [...new Set([...client.grantTypes, PASSWORD_REALM] as const)]
  return { ...client, grantTypes, ...(clientSecret !== undefined && { clientSecret }) }
}

/** The user who may do whatever the gateway's definition knows, whatever that is. */
export function ownerOf({ audiences }: DevDefinition): TenantUser {
  const all = (member: 'permissions' | 'roles'): readonly string[] => [
    ...new Set(audiences.flatMap((audience) => audience[member])),
  ]
  return {
    sub: 'auth0|olivia',
    email: 'olivia@example.test',
    name: 'Olivia Owner',
    password: DEMO_PASSWORD,
    roles: all('roles'),
    permissions: all('permissions'),
  }
}

/** The people of the demo, and the one who may do all. */
export function usersOf(definition: DevDefinition): readonly TenantUser[] {
  return [ownerOf(definition), ...Object.values(demoUsers)]
}
