import type { Slot } from './key-slots.ts'

/** What a rotation needs of a deployed gateway: the operator channel. */
export interface GatewayPort {
  /** Health, as whichever version responds sees it. */
  health(): Promise<GatewayHealth>
  /** That of one version of the deployment; `undefined` when it does not respond as itself. */
  healthOf(versionId: string): Promise<GatewayHealth | undefined>
  /** What each service holds now. */
  probe(): Promise<readonly ServiceKeys[]>
  /** Puts a key on the deny-list. */
  denyKey(thumbprint: string): Promise<void>
  /** Those that are on the deny-list. Empty without one. */
  deniedAmong(thumbprints: readonly string[]): Promise<readonly string[]>
}

export interface GatewayHealth {
  /** Seconds since the epoch, by the gateway's clock. */
  readonly time: number
  /** Of the version that responded. */
  readonly versionId?: string
  readonly mode: 'EdDSA' | 'HS512'
  readonly slots: readonly Slot[]
  /** What it publishes. */
  readonly keys: readonly PublishedKey[]
  readonly hasDenylist: boolean
  /** The longest lifetime of a token, in seconds. */
  readonly maxTtl: number
}

export interface PublishedKey {
  readonly kid: string
  /** RFC 7638. */
  readonly thumbprint: string
}

/** What a service verifies an audience's tokens with. */
export interface ServiceKeys {
  readonly service: string
  readonly audience: string
  /** `undefined`: it does not say. */
  readonly kids: readonly string[] | undefined
  /** Why it does not. */
  readonly problem?: string
}
