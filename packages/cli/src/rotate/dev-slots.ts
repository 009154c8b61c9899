import type { Project } from '../project/find-project.ts'
import { runningDevPorts } from '../project/running-dev.ts'
import { type Slot, withSecretName } from './key-slots.ts'

/**
 * The signing slots of the gateway that `sealgate dev` runs for this project.
 *
 * @param port its gateway's; needed when there are several
 * @throws Error when none runs, or several do
 */
export async function readDevSlots({ root }: Project, port?: string): Promise<readonly Slot[]> {
  const ports = port === undefined ? runningDevPorts(root) : [port]
  const found = (await Promise.all(ports.map(slotsAt))).filter((slots) => slots !== undefined)
  const [slots, another] = found
  if (another) {
    throw new Error(
      `Several systems run, with gateways on ${ports.join(', ')}: say which with --gateway-port.`,
    )
  }
  if (!slots) {
    const where = port === undefined ? 'for this project' : `with its gateway on port ${port}`
    throw new Error(`No development system runs ${where}. Type npm start in another terminal first.`)
  }
  return slots.map(withSecretName)
}

async function slotsAt(port: string): Promise<readonly Slot[] | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/dev/keys`).catch(() => undefined)
  if (!response?.ok) return undefined
  const { slots } = (await response.json()) as { readonly slots: readonly Slot[] }
  return slots
}
