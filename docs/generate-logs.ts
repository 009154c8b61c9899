/** docs/reference/logs.md, made of the tables of the log. Its words about lines as a whole stand here. */
import { EVENTS, type EventName, type EventRow, FIELDS, SCHEMA } from '@sealgate/kit/log'
import { tableOf } from './markdown-table.ts'

const HEAD = `---
title: Logs
group: Reference
---

# Logs: every line, every field

Gateway and services write one kind of line: an object of JSON, flat but for \`version\`, of which each field and each event is
below. The format is version ${SCHEMA}: the field \`schema\` says so, and it is raised when a field or event goes, or comes to mean something
else. More fields and events may come without that. A field that is not known is not there: nothing is ever null.

\`\`\`json
{
  "ts": "2026-10-14T14:03:07.512Z",
  "level": "warn",
  "event": "decision",
  "schema": 1,
  "service": "reports",
  "version": { "id": "6f2c1d7e-4f0e-4f57-a7f1-6a0a4c0c3a11", "tag": "2026-10-14" },
  "env": "production",
  "request_id": "0b9f1c4e-7a55-4c3e-9f0e-2f6f0a3b5d11",
  "method": "GET",
  "route": "/reports/:id",
  "decision": "denied",
  "status": 403,
  "reason": "insufficient_rights",
  "detail": "the policy does not grant this",
  "rule": "has the permission read:reports",
  "held": "permissions: read:invoices; roles: none",
  "audience": "reports",
  "kid": "ed25519-2026-10",
  "jti": "7c1f0a52-3b1e-4a57-9b35-0f9f7c0e9c11",
  "sub_hash": "5d41402abc4b2a76b9719d911017c592",
  "kind": "user"
}
\`\`\`

**What is in no line**: a token, a code, a cookie, a secret, an e-mail address, an IP address, a path, a header. A token's claims
are there only where its signature was good; before that its \`kid\` alone, if it is 1 to 64 plain characters. A subject is there as
a keyed hash. \`rule\` has the words that your policies are written in: put nothing of a request into them. Texts have at most 300 characters, and none that ends a line:
\`test/security/log-canaries.test.ts\` writes hostile text into each field of each event, and requests full of what must not be seen.

**When.** Denials and status 500 and above are logged by default, grants at \`debug\`: \`LOG_LEVEL\` is \`debug\`, \`info\` (default), \`warn\`,
\`error\` or \`off\`. An isolate writes at most 20 lines of each level a second,
and then \`lines_dropped\` says how many it left out: no flood of denials hides an error, nor what an operator did (\`operation\`,
at \`info\`).

**Where to.** The console, and so Workers Logs, Logpush and Tail Workers; and [sinks](kit.md#log), which get the same: OpenTelemetry, Datadog, Analytics Engine. The hooks \`onEvent\` and
\`onDecision\`, of \`makeKit\`, \`makeVerifier\`, \`createKit\` and \`createVerifier\` and of a [gateway's definition](../guides/gateway.md#logs-of-your-own), get every line, whatever
the level and however many: the very objects, frozen. A hook that throws breaks nothing. Grants are made into lines only when the level is
\`debug\` or somebody gets all of them.
`

/** The page as it should be. */
export function logsPage(): string {
  const fields = Object.entries(FIELDS).map(([name, { type, meaning, when }]) => [
    `\`${name}\``,
    type,
    meaning,
    when,
  ])
  const rows = Object.entries(EVENTS) as [EventName, EventRow][]
  const events = (wanted: (name: EventName) => boolean): readonly (readonly string[])[] =>
    rows
      .filter(([name]) => wanted(name))
      .map(([name, { level, by, meaning, todo, fields: own }]) => [
        `\`${name}\``,
        level === 'outcome' ? 'by outcome' : `\`${level}\``,
        by.join(', '),
        meaning,
        todo,
        own.map((field) => `\`${field}\``).join(' ') || '—',
      ])
  const heads = ['event', 'level', 'by', 'meaning', 'what to do', 'its fields']
  const isDecision = (name: EventName): boolean => DECISIONS.includes(name)
  return (
    [
      HEAD,
      '## Fields\n',
      tableOf(['field', 'type', 'meaning', 'when'], fields),
      '## Lines of decisions\n',
      'One for each request, call, frame or operation. Level *by outcome*: status 500 and above is `error`; what was denied is `warn`, and so is a 401 or 403 that a service responded with through the gateway; all else is `debug`. `onDecision` gets these.\n',
      tableOf(heads, events(isDecision)),
      '## Events\n',
      'What belongs to no single request: each is logged once for an environment, or when it happens. `onEvent` gets these.\n',
      tableOf(
        heads,
        events((name) => !isDecision(name)),
      ),
      '## Reasons\n',
      '`reason` is one of the stable words of [errors](errors.md): in lines of the gateway [its own](errors.md#gateway), in lines of a kit [why a token does not count](errors.md#kit-why-a-token-does-not-count), and where no token comes to be checked `no_credentials`, `malformed_credentials`, `cross_site`, `identity_mismatch`, `insufficient_rights`, `keys_unavailable`, `revocation_unavailable`.',
    ].join('\n') + '\n'
  )
}

const DECISIONS: readonly EventName[] = ['decision', 'request', 'denied_call', 'operation']
