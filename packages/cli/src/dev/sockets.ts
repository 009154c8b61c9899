import { get } from 'node:http'

/** What a browser's `new WebSocket(url, protocols)` offers to show a token. */
export const offerOf = (token: string): readonly [string, string] => ['sealgate', `sealgate.bearer.${token}`]

/**
 * Opens a WebSocket as a browser does, says one thing, and returns the first frame that the response is in.
 *
 * @param isAnswer tells that frame from others
 * @throws Error when the socket does not open, or ends before the response
 */
export async function say(
  url: string,
  protocols: readonly string[],
  text: string,
  isAnswer: (frame: string) => boolean = () => true,
): Promise<string> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols])
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  socket.addEventListener('open', () => socket.send(text))
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string' && isAnswer(data)) resolve(data)
  })
  socket.addEventListener('close', ({ code }) => reject(new Error(`${url} ended with ${code}`)))
  try {
    return await promise
  } finally {
    socket.close()
  }
}

/** The status that an upgrade is answered with; 101 opens a socket, which is closed again. */
export function upgradeStatus(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const handshake = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Version': '13',
  }
  return new Promise((resolve, reject) => {
    get(url, { headers: { ...handshake, ...headers } })
      .on('error', reject)
      .on('response', (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      .on('upgrade', (_, socket) => {
        socket.destroy()
        resolve(101)
      })
  })
}
