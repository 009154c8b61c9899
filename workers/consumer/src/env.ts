import type { FetchService } from '@sealgate/kit'
import type { ModelEnv } from './chat/model.ts'
import type { Ledger } from './payments/ledger.ts'

/** What of this Worker's environment the code names; the kit reads the rest (`JWT_…`). */
export interface Env extends Cloudflare.Env, ModelEnv {
  readonly Chat: DurableObjectNamespace
  readonly Ledger: DurableObjectNamespace<Ledger>
  readonly GATEWAY_KEYS: FetchService
}
