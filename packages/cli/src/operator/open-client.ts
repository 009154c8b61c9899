import type { Project } from '../project/find-project.ts'
import { deploymentOf } from './deployment.ts'
import { OperatorClient } from './operator-client.ts'
import { readOperatorKey } from './operator-key.ts'

/**
 * The client for an environment of a project, with the key of this machine or of `SEALGATE_OPERATOR_KEY`.
 *
 * @param url where the gateway is; default: by its `wrangler.jsonc`
 * @throws UsageError without a key, or an address
 */
export function openOperatorClient(
  project: Project,
  environment: string,
  options: { readonly url?: string | undefined; readonly say: (text: string) => void },
): OperatorClient {
  const deployment = deploymentOf(project, environment, options.url)
  const key = readOperatorKey(project.root, environment)
  return new OperatorClient({ deployment, key, say: options.say })
}
