/** Cookies made to take time do not keep others waiting: the whole gateway, over real sockets. */
import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type System } from '../support/system.ts'

/** What once took 2.5 s of an isolate's time: 64 KB in which every space may begin the end. */
const HOSTILE = `a=1;${' '.repeat(60_000)}x`
const AT_ONCE = 10

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.close())

/** Status, and the milliseconds that the response took. */
function timed(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<[status: number, ms: number]> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    request(new URL(path, system.url), { headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve([response.statusCode ?? 0, performance.now() - start]))
    })
      .on('error', reject)
      .end()
  })
}

const median = (times: readonly number[]): number =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0

it('/health goes on while ten of them come at once', async () => {
  const health = async (others: () => readonly Promise<unknown>[]): Promise<number> => {
    const times: number[] = []
    for (let round = 0; round < 9; round++) {
      const sent = others()
      const [status, ms] = await timed('/health')
      expect(status).toBe(200)
      times.push(ms)
      await Promise.all(sent)
    }
    return median(times)
  }
  const many = (headers: Readonly<Record<string, string>>) => (): Promise<[number, number]>[] =>
    Array.from({ length: AT_ONCE }, () => timed('/api/reports', headers))
  await health(many({ Cookie: HOSTILE }))

  const beside = await health(many({ Cookie: 'a=1' }))
  const attacked = await health(many({ Cookie: HOSTILE }))
  console.log(
    `/health: ${attacked.toFixed(1)} ms beside the attack, ${beside.toFixed(1)} ms beside plain requests`,
  )
  // Sixty thousand characters have to be received; nothing more is done with them.
  expect(attacked).toBeLessThan(10 * beside + 10)
  const statuses = await Promise.all(many({ Cookie: HOSTILE })())
  expect(new Set(statuses.map(([status]) => status))).toEqual(new Set([431]))
})
