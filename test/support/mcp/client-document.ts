import { once } from 'node:events'
import { createServer } from 'node:https'
import { ends } from '../ends.ts'
import { selfSigned } from '../self-signed.ts'

/** A client ID metadata document, at an https address of this machine. */
export interface ClientDocument {
  readonly url: string
  close(): Promise<void>
}

export async function serveClientDocument(): Promise<ClientDocument> {
  const { key, cert } = selfSigned()
  const server = createServer({ key, cert }, (_, response) => {
    response.end(
      JSON.stringify({
        client_id: url,
        client_name: 'A test',
        redirect_uris: ['http://127.0.0.1:33418/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `https://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/client.json`
  const close = ends(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { url, close }
}
