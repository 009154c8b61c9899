import { policy } from '@sealgate/kit'

/** Who may do what here. Handlers hold no rule of their own. */

/** Anybody with a token, anonymous callers too. */
export const anybody = policy().allowAnonymous().build()

export const reader = policy().needAll('read:reports').rolesAny('analyst', 'admin').build()

export const administrator = policy().rolesAny('admin').build()

export const premium = policy().needAll('read:secret-data').rolesAny('premium').build()

/** The owner of a profile, or an administrator. */
export const ownerOf = (id: string | undefined) => policy().anyOf(policy().owner(id), administrator).build()

/** Nobody but the owner. */
export const ownerAlone = (id: string | undefined) => policy().owner(id)

/** Who may pay, in person or through an agent. */
export const payer = policy().needAll('write:payments').build()
