import { datadogLogs, type LogLine, otlpLogs, type SinkDropped } from '@sealgate/kit/log'

interface Env {
  /** Where lines for Datadog go in its place; unset: they are not sent. */
  readonly DATADOG_AT?: string
}

const dropped: SinkDropped[] = []
let sinks: readonly { write(line: LogLine): void }[] | undefined

/** Writes a line for each request, and says of lines that were lost at `/dropped`. */
export default {
  fetch(request: Request, env: Env): Response {
    if (new URL(request.url).pathname === '/dropped') return Response.json(dropped)
    sinks ??= [otlpLogs(), datadogLogs({ fetch: (_, init) => fetch(env.DATADOG_AT ?? '', init) })].flatMap(
      (make) => make(env, (event) => dropped.push(event)) ?? [],
    )
    const line: LogLine = {
      ts: new Date().toISOString(),
      ...{ level: 'warn', event: 'decision', schema: 1, service: 'reports', env: 'test' },
      ...{ version: { id: 'c0ffee', tag: 'v7' }, request_id: crypto.randomUUID() },
      ...{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', decision: 'denied', status: 403 },
      ...{
        reason: 'insufficient_rights',
        rule: 'needs read:reports',
        held: 'permissions: none; roles: none',
      },
    }
    for (const sink of sinks) sink.write(line)
    return new Response('ok')
  },
}
