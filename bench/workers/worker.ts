import { Runner } from '../measure/candidate.ts'
import type { Fixtures } from '../measure/fixtures.ts'
import { makeGroups } from '../candidates/groups.ts'

let runner = new Runner([])

/** Runs batches inside workerd. The clock that counts is the caller's: on Workers it stands still while code runs. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/fixtures') {
      runner = new Runner(await makeGroups((await request.json()) as Fixtures))
      return Response.json(runner.outlines)
    }
    const count = Number(searchParams.get('count'))
    await runner.run(searchParams.get('group') ?? '', searchParams.get('candidate') ?? '', count)
    return new Response()
  },
}
