import { expect, it } from 'vitest'
import { type DevRoute, readable } from './definition.ts'

const route: DevRoute = { match: '/api/x', methods: ['GET'], auth: 'required', audience: 'x' }

it('an MCP server is no route to look at with a token for the API in general', () => {
  expect(readable([{ ...route, match: '/mcp', mcp: true }, route])).toEqual([route])
})

it('whole paths are looked at before prefixes, and what has no GET never', () => {
  const prefix = { ...route, match: '/api/*' }
  expect(readable([prefix, { ...route, methods: ['POST'] }, route])).toEqual([route, prefix])
})
