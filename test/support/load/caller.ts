/**
 * A caller in a process of its own, so that making one load does not slow the making of another. It gets its orders
 * from the parent and sends back what came of them.
 */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Orders, Tally } from './orders.ts'
import { tokensOf } from './tokens.ts'

process.once('message', (orders: Orders) => {
  void run(orders).then((tally) => {
    process.send?.(tally)
    process.disconnect()
  })
})

async function run({ url, load, good, connections, seconds, perSecond = Infinity }: Orders): Promise<Tally> {
  const next = tokensOf(load, good)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const statuses: Record<string, number> = {}
  const latencies: number[] = []
  const begin = performance.now()
  const end = begin + seconds * 1000
  let sent = 0
  const call = async (): Promise<void> => {
    for (;;) {
      const due = begin + (sent++ * 1000) / perSecond
      if (due > performance.now()) await sleep(due - performance.now())
      const start = performance.now()
      if (start >= end) return
      const status = await send(url, next(), agent)
      latencies.push(performance.now() - start)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: connections }, call))
  agent.destroy()
  latencies.sort((one, other) => one - other)
  return {
    perSecond: latencies.length / seconds,
    statuses,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  }
}

/** The status and the text; `none` when there was no response. */
function send(url: string, token: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(url, { agent, headers: { Authorization: `Bearer ${token}` } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(`${response.statusCode ?? 0} ${text}`))
    })
    outgoing.on('error', () => resolve('none')).end()
  })
}
