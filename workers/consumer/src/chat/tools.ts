import { guardTools } from '@sealgate/kit/agents'
import { policy } from '@sealgate/kit'
import { tool, type ToolSet } from 'ai'
import * as z from 'zod'
import { needsApproval, TOOL } from '../payments/limit.ts'
import { ORDER } from '../payments/order.ts'
import { payer } from '../policies.ts'
import type { AuthenticatedAgent } from '@sealgate/kit/agents'
import { timeIn, weatherIn } from './cities.ts'
import { searchDocuments } from './documents.ts'
import { pay } from './pay.ts'

const CITY = z.object({ city: z.string().max(60).describe('Name of a city, in English') })
const QUERY = z.object({ query: z.string().max(200) })

/** What the model may call: each tool under its policy, held against the person whose message it answers. */
export function toolsOf(agent: AuthenticatedAgent, sql: SqlStorage): ToolSet {
  return guardTools(agent, {
    getWeather: {
      policy: policy(),
      tool: tool({
        description: 'The weather in a city',
        inputSchema: CITY,
        execute: ({ city }) => weatherIn(city),
      }),
    },
    getTime: {
      policy: policy(),
      tool: tool({
        description: 'The time in a city',
        inputSchema: CITY,
        execute: ({ city }) => timeIn(city, Date.now()),
      }),
    },
    searchDocuments: {
      policy: policy(),
      tool: tool({
        description: 'Searches the documents that the person may read',
        inputSchema: QUERY,
        execute: ({ query }) => ({ documents: searchDocuments(sql, agent.auth, query) }),
      }),
    },
    [TOOL]: {
      policy: payer,
      confirm: needsApproval,
      tool: tool({
        description: 'Pays somebody',
        inputSchema: ORDER,
        execute: (order, options) => pay(agent, order, options),
      }),
    },
  })
}
