import {
  DurableObject,
  WorkerEntrypoint,
  WorkflowEntrypoint,
  type WorkflowEvent,
  type WorkflowStep,
} from 'cloudflare:workers'
import { type Auth, type Decision, denialResponse, makeKit, policy } from '@sealgate/kit'
import {
  callee,
  callerOf,
  type Envelope,
  sealCaller,
  UsedApprovals,
  type WorkflowEnvelope,
} from '@sealgate/kit/caller'
import { visibleTo } from '@sealgate/kit/retrieval'

export interface Job {
  readonly name: string
  readonly fails?: number
}
interface Env {
  readonly RESULTS: KVNamespace
  readonly USED: DurableObjectNamespace<UsedApprovals>
}

/** What a decision came to, for the test. */
function outcomeOf(decision: Decision): object {
  if (!decision.granted) return { denied: decision.reason, status: decision.status }
  const { sub, actor, permissions, claims } = decision.auth
  return { sub, actor: actor?.sub, permissions, offline: claims.offline === true }
}
async function note(env: Env, name: string, result: object): Promise<void> {
  await env.RESULTS.put(name, JSON.stringify(result))
}

class JobsEntrypoint extends WorkerEntrypoint<Env> {
  whoami(auth: Auth, greeting: string): object {
    return { greeting, ...outcomeOf({ granted: true, auth }) }
  }
  remove(auth: Auth): string {
    return `removed by ${auth.sub}`
  }
}
export const Jobs = callee(JobsEntrypoint, {
  whoami: policy().needAll('run:jobs'),
  remove: policy().needAll('remove:jobs'),
})

class ReminderObject extends DurableObject<Env> {
  /** Keeps who asked until its alarm. */
  async remind(auth: Auth, name: string, milliseconds: number): Promise<void> {
    await this.ctx.storage.put('kept', await sealCaller(auth, { name }, { aud: 'jobs', ttlSeconds: 3 }))
    await this.ctx.storage.setAlarm(Date.now() + milliseconds)
  }
  override async alarm(): Promise<void> {
    const kept = await this.ctx.storage.get<Envelope<Job>>('kept')
    if (!kept) return
    const decision = await callerOf(kept, { kit: makeKit(this.env), offline: true })
    await note(this.env, kept.body.name, { ...outcomeOf(decision), token: kept.sealgate.token })
  }
}
export const Reminder = callee(ReminderObject, { remind: policy().needAll('run:jobs') })

interface Row extends Record<string, SqlStorageValue> {
  readonly title: string
  readonly text: string
}

/** Documents, and a model that answers from those that its caller may see. */
class LibraryObject extends DurableObject<Env> {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env)
    const { sql } = context.storage
    sql.exec('CREATE TABLE IF NOT EXISTS documents (title TEXT PRIMARY KEY, text TEXT, allow TEXT)')
    const documents: [title: string, text: string, allow: unknown][] = [
      ['handbook', 'Lunch is at noon.', ['permission:read:reports']],
      ['salaries', 'Ada earns most at noon.', ['sub:auth0|ada', 'role:payroll']],
      ['draft', 'The noon draft.', []],
      ['lost', 'Noon without a list.', null],
    ]
    for (const [title, text, allow] of documents) {
      sql.exec(
        'INSERT OR IGNORE INTO documents VALUES (?, ?, ?)',
        title,
        text,
        allow && JSON.stringify(allow),
      )
    }
  }

  answer(auth: Auth, word: string): object {
    const { clause, bindings } = visibleTo(auth).sql('allow')
    const found = this.ctx.storage.sql.exec<Row>(
      `SELECT title, text FROM documents WHERE text LIKE ? AND ${clause} ORDER BY title`,
      `%${word}%`,
      ...bindings,
    )
    return model(found.toArray())
  }
}
export const Library = callee(LibraryObject, { answer: undefined })

/** It cites whatever it receives. */
function model(context: readonly Row[]): object {
  return { cites: context.map(({ title }) => title), received: JSON.stringify(context) }
}

export { UsedApprovals }

export class Export extends WorkflowEntrypoint<Env, WorkflowEnvelope<Job>> {
  override async run(event: WorkflowEvent<WorkflowEnvelope<Job>>, step: WorkflowStep): Promise<void> {
    const { name } = event.payload.params
    const check = (stage: string) =>
      step.do(stage, async () => {
        const decision = await callerOf(event, { kit: makeKit(this.env), offline: true })
        await note(this.env, `${name}-${stage}`, { ...outcomeOf(decision), payload: event.payload })
      })
    await check('first')
    await step.sleep('a while', 4000)
    await check('later')
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const decision = await callerOf(request, { kit: makeKit(env) })
    return decision.granted ? Response.json(outcomeOf(decision)) : denialResponse(decision, request)
  },
  async queue(batch: MessageBatch<Envelope<Job>>, env: Env): Promise<void> {
    for (const message of batch.messages) {
      const decision = await callerOf(message, {
        kit: makeKit(env),
        policy: policy().needAll('run:jobs'),
        once: env.USED,
      })
      const { name, fails = 0 } = message.body.body
      if (message.attempts <= fails) message.retry()
      else {
        await note(env, name, { ...outcomeOf(decision), attempts: message.attempts, body: message.body })
        message.ack()
      }
    }
  },
} satisfies ExportedHandler<Env, Envelope<Job>>
