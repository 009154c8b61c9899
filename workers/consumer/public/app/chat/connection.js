// @ts-check
import { ask, socketTo } from '../ask.js'
import { endOf } from './words.js'

/** The longest pause between two attempts, in seconds. */
const MAX_PAUSE = 30

/**
 * What is told of the socket to an Agent.
 *
 * @typedef {object} Listener
 * @property {(frame: any) => void} frame
 * @property {(words: string, isOpen: boolean) => void} state
 * @property {() => void} loggedOut
 */

/** A socket to an Agent that is opened again when it ends: the session's cookie says who is there. */
export class Connection {
  /** @type {WebSocket | undefined} */
  #socket
  #failures = 0
  #path
  #listener

  /** @param {string} path @param {Listener} listener */
  constructor(path, listener) {
    this.#path = path
    this.#listener = listener
    addEventListener('online', () => this.#retryNow())
    this.#open()
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** @param {object} frame */
  send(frame) {
    this.#socket?.send(JSON.stringify(frame))
  }

  #open() {
    const socket = socketTo(this.#path)
    this.#socket = socket
    socket.addEventListener('open', () => {
      this.#failures = 0
      this.#listener.state('Connected', true)
    })
    socket.addEventListener('message', ({ data }) => this.#listener.frame(JSON.parse(data)))
    socket.addEventListener('close', ({ code }) => void this.#reopen(socket, code))
  }

  /** @param {WebSocket} closed @param {number} code */
  async #reopen(closed, code) {
    if (closed !== this.#socket) return
    const { words, isFinal, isAtOnce } = endOf(code)
    if (isFinal) {
      this.#listener.state(words, false)
      return
    }
    const pause = isAtOnce && this.#failures === 0 ? 0 : Math.min(2 ** this.#failures, MAX_PAUSE)
    this.#failures++
    this.#listener.state(pause === 0 ? words : `${words} Trying again in ${pause} s.`, false)
    await new Promise((resolve) => setTimeout(resolve, pause * 1000))
    if (closed !== this.#socket) return
    // A rejected socket does not say why. Perhaps the session is over.
    const { status } = await ask('/auth/profile').catch(() => ({ status: 0 }))
    if (closed !== this.#socket) return
    if (status === 401) this.#listener.loggedOut()
    else this.#open()
  }

  #retryNow() {
    if (this.#socket?.readyState !== WebSocket.CLOSED) return
    this.#failures = 0
    this.#open()
  }
}
