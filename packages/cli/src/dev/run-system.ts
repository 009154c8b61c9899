import { once } from 'node:events'
import { join } from 'node:path'
import { banner } from './banner.ts'
import { controlSecret, makeSecrets, reloadOnNewSecrets, SECRETS_FILE } from './dev-secrets.ts'
import { startControl } from './control-server.ts'
import { runEndToEndFlow } from './end-to-end-flow.ts'
import type { Say } from '../terminal/say.ts'
import type { DevOptions } from './programs.ts'
import { checkPorts } from './ports.ts'
import { writePrivateFile } from '../project/private-files.ts'
import { addressesOf, startSystem, STATE, waitUntilReady } from './system.ts'

/** Runs mock IdP, gateway and consumer until it is interrupted. */
export async function runDevSystem({ ports, isVerbose }: DevOptions, say: Say): Promise<void> {
  await checkPorts(ports)
  // For what the programs write besides: nobody else's to read.
  process.umask(0o077)
  if (makeSecrets()) say(`Made development keys in ${SECRETS_FILE} (ignored by git, readable by you alone).`)
  say('Starting the mock IdP, the gateway and the consumer …')
  const control = await startControl(controlSecret(), (order, name) => system[order](name))
  const system = startSystem(
    ports,
    (name, line) => {
      if (isVerbose) say(`[${name}] ${line}`)
    },
    control.url,
  )
  const controlHeader = join(STATE, `control-${ports.gateway}`)
  writePrivateFile(controlHeader, `Authorization: Bearer ${controlSecret()}\n`)
  const stopWatching = reloadOnNewSecrets()
  const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)))
  try {
    const addresses = addressesOf(ports)
    const ready = waitUntilReady(system, () => runEndToEndFlow(addresses)).then(() => 'ready')
    if ((await Promise.race([ready, interrupted])) !== 'ready') return
    process.stdout.write(banner(addresses, control.url, controlHeader))
    const failure = await Promise.race([interrupted, system.failed])
    if (failure instanceof Error) throw failure
  } finally {
    say('Stopping …')
    stopWatching()
    control.close()
    await system.stopAll()
  }
}
