import { describe, expect, it } from 'vitest'
import { ClaimsError, ConfigError, KeysUnavailableError } from '../errors.ts'
import { exchangeApprove, exchangeDelegate, exchangeRenew } from './exchange-client.ts'
import type { DelegationRequest } from './delegate.ts'

const ask = (answer: unknown, request: DelegationRequest = { aud: 'billing' }): Promise<string> =>
  exchangeDelegate({ delegate: () => Promise.resolve(answer) }, 'the.token', request)

describe('exchangeDelegate', () => {
  it.each<[what: string, request: DelegationRequest, sent: object]>([
    ['the audience alone', { aud: 'billing' }, { audience: 'billing' }],
    [
      'all that is requested',
      { aud: 'billing', permissions: ['read'], roles: ['admin'], ttlSeconds: 60 },
      { audience: 'billing', permissions: ['read'], roles: ['admin'], ttlSeconds: 60 },
    ],
    [
      'lists that are empty, and a lifetime of nothing',
      { aud: 'billing', permissions: [], roles: [], ttlSeconds: 0 },
      { audience: 'billing', permissions: [], roles: [], ttlSeconds: 0 },
    ],
  ])('sends the token and %s', async (_, request, sent) => {
    const calls: unknown[] = []
    const delegate = (...call: unknown[]) => {
      calls.push(call)
      return Promise.resolve({ ok: true, token: 'issued' })
    }
    expect(await exchangeDelegate({ delegate }, 'the.token', request)).toBe('issued')
    expect(calls).toStrictEqual([['the.token', sent]])
  })

  it('sends what joins log lines beside the request, where an older gateway does not look', async () => {
    const calls: unknown[] = []
    const delegate = (...call: unknown[]) => {
      calls.push(call)
      return Promise.resolve({ ok: true, token: 'issued' })
    }
    const correlation = { 'X-Request-Id': 'a1b2c3d4' }
    await exchangeDelegate({ delegate }, 'the.token', { aud: 'billing' }, correlation)
    expect(calls).toStrictEqual([['the.token', { audience: 'billing' }, correlation]])
  })

  it('names the key that the token is to be bound to', async () => {
    const calls: unknown[] = []
    const delegate = (...call: unknown[]) => {
      calls.push(call)
      return Promise.resolve({ ok: true, token: 'issued' })
    }
    await exchangeDelegate({ delegate }, 'the.token', { aud: 'billing' }, undefined, 'a-thumbprint')
    expect(calls).toStrictEqual([['the.token', { audience: 'billing', jkt: 'a-thumbprint' }]])
  })

  it('says that the service could not be reached, with the cause for the log', async () => {
    const cause = new Error('the binding is gone')
    const asking = exchangeDelegate({ delegate: () => Promise.reject(cause) }, 'the.token', {
      aud: 'billing',
    })
    await expect(asking).rejects.toThrow(KeysUnavailableError)
    await expect(asking).rejects.toMatchObject({
      message: 'the exchange service could not be reached',
      retryAfterSeconds: 5,
      cause,
    })
  })

  it.each<[answer: unknown, retryAfterSeconds: number]>([
    [{ ok: false, code: 'temporarily_unavailable', status: 503, retryAfter: 7 }, 7],
    [{ ok: false, code: 'temporarily_unavailable', status: 503, retryAfter: '7' }, 5],
  ])('takes %j for an outage', async (answer, retryAfterSeconds) => {
    const asking = ask(answer)
    await expect(asking).rejects.toThrow(KeysUnavailableError)
    await expect(asking).rejects.toMatchObject({
      message: 'the exchange service is not available now: temporarily_unavailable',
      retryAfterSeconds,
    })
  })

  it.each<[answer: unknown, code: string]>([
    [{ ok: false, code: 'unauthorized_client', status: 403 }, 'unauthorized_client'],
    [{ ok: false, code: 'server_error', status: 500 }, 'server_error'],
    [{ ok: false, code: 'server_error', status: '400' }, 'server_error'],
    [{ ok: false, code: 7 }, 'unknown'],
    [{ ok: true, token: 7 }, 'unknown'],
    [{ ok: false, token: 'a.b.c' }, 'unknown'],
    [{ token: 'a.b.c' }, 'unknown'],
    ['a.b.c', 'unknown'],
    [null, 'unknown'],
    [undefined, 'unknown'],
  ])('takes %j for a service that is bound wrongly', async (answer, code) => {
    const asking = ask(answer)
    await expect(asking).rejects.toThrow(ConfigError)
    await expect(asking).rejects.toThrow(
      `the exchange service rejected this Worker: ${code}. Does the binding set "entrypoint": "Exchange" and props.service?`,
    )
  })

  it.each([400, 401, 404])('accepts status %i for a mistake in what was asked', async (status) => {
    const asking = ask({ ok: false, code: 'invalid_scope', status })
    await expect(asking).rejects.toThrow(ClaimsError)
    await expect(asking).rejects.toThrow('the exchange service rejected the delegation: invalid_scope')
  })
})

describe('exchangeApprove', () => {
  const act = { aud: 'billing', tool: 'transfer', args: { amount: 120 } }

  it('sends the token and the act, and the permissions if there are any', async () => {
    const calls: unknown[] = []
    const exchange = {
      delegate: () => Promise.reject(new Error('not this')),
      approve(...call: unknown[]) {
        calls.push(call)
        return Promise.resolve({ ok: true, token: 'issued' })
      },
    }
    expect(await exchangeApprove(exchange, 'the.token', act)).toBe('issued')
    await exchangeApprove(exchange, 'the.token', { ...act, permissions: [] }, { 'X-Request-Id': 'a1b2c3d4' })
    const sent = { audience: 'billing', tool: 'transfer', args: { amount: 120 } }
    expect(calls).toStrictEqual([
      ['the.token', sent, undefined],
      ['the.token', { ...sent, permissions: [] }, { 'X-Request-Id': 'a1b2c3d4' }],
    ])
  })

  it.each<[what: string, reply: unknown, error: object]>([
    [
      'who may not approve',
      { ok: false, code: 'access_denied', status: 400 },
      { code: 'ERR_CLAIMS', message: 'the exchange service rejected the approval: access_denied' },
    ],
    [
      'a gateway that signs with HS512',
      { ok: false, code: 'not_implemented', status: 501 },
      { code: 'ERR_CONFIG', message: expect.stringContaining('EdDSA') as string },
    ],
    ['a gateway without approvals', undefined, { code: 'ERR_CONFIG' }],
    ['an outage', { ok: false, code: 'x', status: 503, retryAfter: 7 }, { retryAfterSeconds: 7 }],
  ])('says what is wrong: %s', async (_, reply, error) => {
    const exchange = { delegate: () => Promise.resolve(), approve: () => Promise.resolve(reply) }
    await expect(exchangeApprove(exchange, 'the.token', act)).rejects.toMatchObject(error)
  })
})

describe('exchangeRenew', () => {
  it('sends the token, its audience, and what joins log lines', async () => {
    const calls: unknown[] = []
    const exchange = {
      delegate: () => Promise.reject(new Error('not this one')),
      renew: (...call: unknown[]) => {
        calls.push(call)
        return Promise.resolve({ ok: true, token: 'renewed' })
      },
    }
    const correlation = { 'X-Request-Id': 'a1b2c3d4' }
    expect(await exchangeRenew(exchange, 'the.token', 'jobs', correlation)).toBe('renewed')
    expect(calls).toStrictEqual([['the.token', { audience: 'jobs' }, correlation]])
  })

  it('says what the gateway rejects, and that an older one does not renew', async () => {
    const delegate = (): Promise<never> => Promise.reject(new Error('not this one'))
    const renew = () => Promise.resolve({ ok: false, code: 'invalid_grant', status: 400 })
    await expect(exchangeRenew({ delegate, renew }, 'the.token', 'jobs')).rejects.toThrow(
      new ClaimsError('the exchange service rejected the renewal: invalid_grant'),
    )
    await expect(exchangeRenew({ delegate }, 'the.token', 'jobs')).rejects.toThrow(ConfigError)
  })
})
