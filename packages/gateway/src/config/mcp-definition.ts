import type { ExternalAlg } from '@sealgate/kit/external'

/** The methods of MCP's Streamable HTTP transport. */
export const MCP_METHODS = ['GET', 'POST', 'DELETE'] as const
export type McpMethod = (typeof MCP_METHODS)[number]

/** What a route says of the MCP server behind it. Everybody may read it: it is in the resource's metadata (RFC 9728 §2). */
export interface McpDefinition {
  /** What the resource is called, for people: clients show it when they ask for consent. */
  readonly name: string
  /** The scopes that clients request: permissions of the route's audience. */
  readonly scopes: readonly string[]
  /** The page about the resource for developers; an https URL, as the next two. Default: none. */
  readonly documentation?: string | undefined
  /** The page about what a client may do with what it gets. Default: none. */
  readonly policy?: string | undefined
  /** The page with the terms of service. Default: none. */
  readonly terms?: string | undefined
  /**
   * More values of `aud` that count here, for identity providers without resource indicators, compared character by
   * character. Each opens the route to tokens that were issued for something else. Default: none; a token must name the
   * resource's own URL.
   */
  readonly audiences?: readonly string[] | undefined
  /**
   * Client ids whose tokens count here. `any`: each that the identity provider gave a token for this resource, as those that
   * register themselves. Default: those of `AUTH0_CLIENTS`.
   */
  readonly clients?: 'any' | readonly string[] | undefined
  /**
   * Enterprise-managed authorization: clients of `clients` also get a token for this resource from this gateway, for an
   * identity assertion of one of these issuers. Default: none.
   */
  readonly enterprise?: EnterpriseDefinition | undefined
}

/** Who may say that one of its users lets a client in (draft-ietf-oauth-identity-assertion-authz-grant). */
export interface EnterpriseDefinition {
  /**
   * `tenant`: that of the `AUTH0_*` variables, whatever it is called in an environment. One of `issuers`: by its name. Any
   * other: with its keys.
   */
  readonly issuers: readonly (string | EnterpriseIssuerDefinition)[]
}

export interface EnterpriseIssuerDefinition {
  /** The `iss` of its identity assertions, compared character by character. */
  readonly issuer: string
  /** Where its keys are. Default: `.well-known/jwks.json` below the issuer. */
  readonly jwksUri?: string | undefined
  /** What it signs with. Default: RS256. */
  readonly algorithms?: readonly ExternalAlg[] | undefined
}
