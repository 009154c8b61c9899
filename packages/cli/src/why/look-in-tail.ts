import { once } from 'node:events'
import type { EnvironmentView } from '../project/worker-view.ts'
import type { Say } from '../terminal/say.ts'
import type { StartTail } from '../wrangler/tail.ts'
import type { Gathered } from './gathered.ts'
import { JsonRecords, type Unreadable } from './json-records.ts'
import type { Looked } from './looked.ts'

/** How long lines of other hops may come after the first, in milliseconds. Cloudflare sends those of one request one by one. */
const AFTER_MS = 4000

/**
 * Tails gateway and services of an environment until the request comes, the time is over, or Ctrl-C is typed.
 *
 * @param seconds at most
 * @throws Error with what wrangler said, when a tail fails
 */
export async function lookInTail(
  { gateway, services }: EnvironmentView,
  { seconds, start, say }: { readonly seconds: number; readonly start: StartTail; readonly say: Say },
  gathered: Gathered,
): Promise<Looked> {
  const workers = [gateway, ...services]
  const found = Promise.withResolvers<undefined>()
  const unreadable: Unreadable[] = []
  const stopped = new AbortController()
  const interrupted = Promise.race(
    ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: stopped.signal })),
  ).catch(() => undefined)
  const tails = workers.map(({ folder: { config }, environment, name }) => {
    const records = new JsonRecords()
    unreadable.push(records.unreadable)
    const tail = start({ config, env: environment }, (chunk) => {
      for (const record of records.push(chunk)) if (gathered.addRecord(record)) found.resolve(undefined)
    })
    return { name, tail }
  })
  const names = workers.map(({ name }) => name).join(', ')
  say(
    `Tailing ${names} for ${seconds} s: send the request again, with its id in X-Request-Id. Ctrl-C ends it.`,
  )
  const failed = Promise.race(
    tails.map(({ name, tail }) => tail.ended.then((said) => said && { name, said })),
  )
  try {
    const outcome = await Promise.race([
      found.promise,
      interrupted,
      failed,
      pause(seconds * 1000, stopped.signal),
    ])
    if (typeof outcome === 'object' && 'said' in outcome) {
      throw new Error(`wrangler tail of ${outcome.name} failed:\n${outcome.said}`)
    }
    if (gathered.lines.length > 0) await Promise.race([pause(AFTER_MS, stopped.signal), interrupted])
  } finally {
    stopped.abort()
    await Promise.all(tails.map(({ tail }) => tail.stop()))
  }
  return {
    where: `the tails of ${names}`,
    kept: `A tail has what comes while it runs: ${seconds} s at most (--timeout), and of a busy Worker a part alone.`,
    unreadable: {
      text: sum(unreadable, 'text'),
      broken: sum(unreadable, 'broken'),
      tooLong: sum(unreadable, 'tooLong'),
    },
  }
}

function sum(all: readonly Unreadable[], name: keyof Unreadable): number {
  return all.reduce((total, one) => total + one[name], 0)
}

function pause(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
}
