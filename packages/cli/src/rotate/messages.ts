import type { WorkerVersion } from '../wrangler/versions.ts'

/**
 * What a version or a deployment is told to say of itself, so that another machine knows too. At most 100 characters, of
 * which a `kid` may take most.
 */
const PREFIX = 'sealgate rotate: '
const LEAKED = 'sealgate rotate --emergency: leaked '

export function rotationMessage(slot: string, kid: string): string {
  return `${PREFIX}${slot} is ${kid}`.slice(0, 100)
}

/** @param thumbprint of the key that leaked */
export function emergencyMessage(thumbprint: string): string {
  return `${LEAKED}${thumbprint}`
}

/** Whether a version was made by a rotation that put a key into it, and changed nothing else. */
export function isRotation({ message = '' }: Pick<WorkerVersion, 'message'>): boolean {
  return message.startsWith(PREFIX) || message.startsWith(LEAKED)
}

/** The thumbprint that a version was made to get rid of. */
export function leakedIn({ message = '' }: Pick<WorkerVersion, 'message'>): string | undefined {
  return message.startsWith(LEAKED) ? message.slice(LEAKED.length) : undefined
}
