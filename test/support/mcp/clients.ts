import {
  Client as SecondClient,
  StreamableHTTPClientTransport as SecondTransport,
  UnauthorizedError as SecondUnauthorized,
} from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { FormBrowser, type TenantUser } from 'sealgate/internal'

/** What both official clients do alike. */
export interface McpClient {
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

/** A client that has connected, and what it learned on its way. */
export interface Connected {
  readonly client: McpClient
  /** As the identity provider knows it. */
  readonly clientId: string
  readonly accessToken: string
  /** Where the client sent its user to log in. */
  readonly authorization: URL
  /** Of the session, as the client knows it. */
  readonly sessionId: string | undefined
}

export type ClientName = 'sdk' | 'client'

const CALLBACK = 'http://127.0.0.1:33418/callback'
const INFO = { name: 'test', version: '1.0.0' }

/**
 * Connects an official client that knows the URL alone. It hears 401, reads the metadata, finds the identity provider, makes
 * itself known there, and sends its user to log in, with PKCE and `resource`.
 *
 * @param metadataUrl of the client's own metadata document; without it the client registers (RFC 7591)
 */
export async function connect(
  name: ClientName,
  url: string,
  user: Pick<TenantUser, 'email' | 'password'>,
  metadataUrl?: string,
): Promise<Connected> {
  const memory = new Memory(metadataUrl)
  const first = transportOf(name, url, memory)
  await first.connect().then(
    () => Promise.reject(new Error('it connected without a login')),
    (error: unknown) => {
      if (!(error instanceof UnauthorizedError || error instanceof SecondUnauthorized)) throw error
    },
  )
  const { authorization } = memory
  if (!authorization) throw new Error('the client sent its user nowhere')
  const browser = new FormBrowser(authorization.origin)
  const back = await browser.logIn(authorization, user.email, user.password)
  await first.finish(back.searchParams)
  const second = transportOf(name, url, memory)
  await second.connect()
  return {
    client: second.client,
    clientId: memory.clientId,
    accessToken: memory.accessToken,
    authorization,
    sessionId: second.sessionId(),
  }
}

function transportOf(name: ClientName, address: string, authProvider: Memory) {
  const url = new URL(address)
  if (name === 'sdk') {
    const client = new Client(INFO)
    const transport = new StreamableHTTPClientTransport(url, { authProvider })
    return {
      client: client as McpClient,
      connect: () => client.connect(transport),
      finish: (back: URLSearchParams) => transport.finishAuth(back.get('code') ?? ''),
      sessionId: () => transport.sessionId,
    }
  }
  const client = new SecondClient(INFO)
  const transport = new SecondTransport(url, { authProvider })
  return {
    client: client as McpClient,
    connect: () => client.connect(transport),
    // It holds `iss` against the metadata (RFC 9207).
    finish: (back: URLSearchParams) => transport.finishAuth(back),
    sessionId: () => transport.sessionId,
  }
}

/** What a client keeps of a login: the part of both SDKs that an application writes. */
class Memory {
  readonly clientMetadataUrl?: string
  readonly redirectUrl = CALLBACK
  readonly clientMetadata = {
    client_name: 'A test',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  authorization: URL | undefined
  #information: { client_id: string } | undefined
  #tokens: { access_token: string; token_type: string } | undefined
  #verifier = ''
  #discovery: object | undefined

  constructor(metadataUrl: string | undefined) {
    if (metadataUrl !== undefined) this.clientMetadataUrl = metadataUrl
  }

  get clientId(): string {
    return this.#information?.client_id ?? ''
  }
  get accessToken(): string {
    return this.#tokens?.access_token ?? ''
  }
  clientInformation() {
    return this.#information
  }
  saveClientInformation(information: { client_id: string }): void {
    this.#information = information
  }
  tokens() {
    return this.#tokens
  }
  saveTokens(tokens: { access_token: string; token_type: string }): void {
    this.#tokens = tokens
  }
  saveDiscoveryState(state: object): void {
    this.#discovery = state
  }
  discoveryState() {
    return this.#discovery as never
  }
  redirectToAuthorization(url: URL): void {
    this.authorization = url
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  codeVerifier(): string {
    return this.#verifier
  }
}

/** The JSON that a tool of these tests says. */
export async function sayingOf(client: McpClient, name: string): Promise<Record<string, unknown>> {
  const { content } = (await client.callTool({ name, arguments: {} })) as { content: { text: string }[] }
  return JSON.parse(content[0]?.text ?? '{}') as Record<string, unknown>
}
