import type { Auth } from '../claims/types.ts'
import { DENYLIST_CACHE_SECONDS } from '../constants.ts'
import { type Denied, denial, outage } from '../http/decision.ts'
import { type HeldCaller, heldCaller, type Standing, standingOf, standingsOf } from '../kit/held-caller.ts'
import type { Kit } from '../kit/kit.ts'
import { originOf, verifierPartsOf } from '../kit/verifier.ts'
import { requestIdsOf } from '../log/request-ids.ts'

/** Close codes 4000–4999 are an application's own (RFC 6455 §7.4.2). Ours read like the HTTP status. */
const CLOSE = {
  ended: [4401, 'The access token has ended'],
  revoked: [4401, 'The access token was revoked'],
  forbidden: [4403, 'The access token does not grant this'],
  unavailable: [1013, 'Try again later'],
} as const

/** Why a socket is closed. */
export type Ending = keyof typeof CLOSE

/** What a caller who may not go on is told in the log, as a request would be. */
const DENIALS: Readonly<Record<Ending, () => Denied>> = {
  ended: () => denial(401, 'expired', 'the token of this socket has ended'),
  revoked: () => denial(401, 'revoked', 'the token of this socket was revoked'),
  forbidden: () => denial(403, 'insufficient_rights', 'the owner is another', ['is the owner']),
  unavailable: () => outage('revocation_unavailable', 'the deny-list could not be read', 1),
}

export function denialOf(ending: Ending): Denied {
  return DENIALS[ending]()
}

/** The part of a socket that ends it (RFC 6455 §7.4). */
export interface Closable {
  /** Ends the connection. */
  close(code?: number, reason?: string): void
}

/** The longest a timer waits, in milliseconds: almost 25 days. What is more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** How often the callers of open sockets are looked up in a deny-list: as long as any other verdict counts. */
const CHECK_MS = DENYLIST_CACHE_SECONDS * 1000

/** @param requestId of the upgrade: with it the reason has 113 of the 123 bytes that it may have (RFC 6455 §5.5.1) */
export function close(socket: Closable, ending: Ending, requestId: string | undefined): void {
  const [code, reason] = CLOSE[ending]
  socket.close(code, requestId === undefined ? reason : `${reason}; request_id=${requestId}`)
}

/** The ending that a standing is; `undefined` for a caller who may go on. */
export function endingOf(standing: Standing): Ending | undefined {
  return standing === 'good' ? undefined : standing
}

/**
 * Holds a WebSocket to its caller's token: it is closed with 4401 when the token ends, without leeway, and within 30 s of
 * a revocation that the deny-list shows. Frames that come after that reach no listener that is added later: call this
 * first. For a socket that a Worker has accepted and holds itself. In a Durable Object that hibernates timers are lost:
 * `AuthAgent` needs no help, and any other holds its sockets with {@link closeIfEnded} and {@link closeEnded}.
 *
 * @param request the upgrade, whose id then stands in the reason of the close
 */
export function closeAtEnd(
  socket: Pick<WebSocket, 'addEventListener' | 'close'>,
  auth: Auth,
  request?: Request,
): void {
  const { claims } = auth
  const origin = originOf(auth)
  const authority = origin && verifierPartsOf(origin.verifier)
  const denylist = authority?.denylist
  const requestId = request && requestIdsOf(request).requestId
  const now = authority?.settings.now ?? ((): number => Date.now() / 1000)
  let timer: ReturnType<typeof setTimeout>
  let isOver = false
  const left = (): number => Math.max((claims.exp - now()) * 1000, 0)

  const end = (ending?: Ending): void => {
    clearTimeout(timer)
    if (ending && !isOver) close(socket, ending, requestId)
    isOver = true
  }
  const wait = (): void => {
    timer = setTimeout(() => void check(), Math.min(left(), denylist ? CHECK_MS : MAX_TIMER_MS))
  }
  const check = async (): Promise<void> => {
    if (left() === 0) {
      end('ended')
      return
    }
    if (authority && denylist) {
      const caller = heldCaller(auth)
      const ending = endingOf((await standingsOf(authority, [caller])).get(caller) ?? 'ended')
      if (ending) end(ending)
    }
    if (!isOver) wait()
  }

  wait()
  socket.addEventListener('close', () => end())
  socket.addEventListener('message', (event) => {
    if (!isOver && left() === 0) end('ended')
    if (isOver) event.stopImmediatePropagation()
  })
}

/**
 * Whether the caller of a socket may not go on; then the socket is closed: with 4401 when the token has ended or was
 * revoked, with 1013 when the deny-list cannot be read and `denylistOnError` is `closed`. For a Durable Object that holds
 * sockets itself, before it looks at a frame. Verdicts of the deny-list count for 30 s.
 *
 * @param caller what `heldCaller` returned at the upgrade, from the socket's attachment; without it nobody may go on
 */
export async function closeIfEnded(
  kit: Kit,
  socket: Closable,
  caller: HeldCaller | undefined,
): Promise<boolean> {
  const ending = endingOf(caller ? await standingOf(verifierPartsOf(kit), caller) : 'ended')
  if (ending) close(socket, ending, caller?.requestId)
  return ending !== undefined
}

/**
 * Closes those of many sockets whose caller may not go on, as {@link closeIfEnded} does, and returns the others. The
 * deny-list is read anew, a hundred names at a time. For the alarm of a Durable Object that holds sockets itself: every
 * 30 s, so that a revocation reaches idle sockets too.
 */
export async function closeEnded<Socket extends Closable>(
  kit: Kit,
  sockets: Iterable<Socket>,
  callerOf: (socket: Socket) => HeldCaller | undefined,
): Promise<readonly Socket[]> {
  const held = [...sockets].map((socket) => [socket, callerOf(socket)] as const)
  const callers = held.flatMap(([, caller]) => (caller ? [caller] : []))
  const standings = await standingsOf(verifierPartsOf(kit), callers)
  return held.flatMap(([socket, caller]) => {
    const ending = endingOf((caller && standings.get(caller)) ?? 'ended')
    if (!ending) return [socket]
    close(socket, ending, caller?.requestId)
    return []
  })
}
