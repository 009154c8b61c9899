import type { DoctorWorld, Tenant } from 'sealgate/internal'

/** Where the projects of these tests think that their tenant is. */
export const TENANT = 'https://acme.us.auth0.com/'

/** A network in which {@link TENANT} is a mock IdP, and nothing else exists. */
export function networkTo(tenant: Tenant): DoctorWorld['fetch'] {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (url.startsWith(tenant.issuer)) return fetch(url, init)
    if (!url.startsWith(TENANT)) throw new TypeError('fetch failed', { cause: new Error('ENOTFOUND') })
    const response = await fetch(url.replace(TENANT, tenant.issuer), init)
    const text = (await response.text()).replaceAll(tenant.issuer, TENANT)
    return new Response(response.status === 204 ? null : text, response)
  }
}
