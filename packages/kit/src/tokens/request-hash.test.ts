import { createKit } from '../kit/create-kit.ts'
import { describe, expect, it } from 'vitest'
import { computeRequestHash, generateSecret } from '../index.ts'
import { keepBody } from './request-hash.ts'

const MEBIBYTE = 1_048_576
const post = (body: BodyInit, url = 'https://a.test/a?b=c') => new Request(url, { method: 'POST', body })

describe('computeRequestHash', () => {
  it('is the SHA-256 of method, path with query, and body, whoever computes it', async () => {
    // printf 'POST\n/a?b=c\nbody' | openssl dgst -sha256 -binary | basenc --base64url
    expect(await computeRequestHash(post('body'))).toBe('PKe-jRnVAE5kD4j1AZy5afYZw9_U_91aiC8nldxpKH8')
    expect(await computeRequestHash(new Request('https://a.test/'))).toBe(
      'E5-xb90ZBp519vPdDmGaifsVfatl6HIsZuaz_UP3kAw',
    )
  })

  it('does not depend on the host, the fragment or headers, which proxies change', async () => {
    const other = new Request('http://b.test:81/a?b=c#d', {
      method: 'POST',
      body: 'body',
      headers: { 'X-Forwarded-For': '192.0.2.1' },
    })
    expect(await computeRequestHash(other)).toBe(await computeRequestHash(post('body')))
  })

  it('takes a body of 1 MiB, and rejects one of a byte more and one that was read', async () => {
    expect(await computeRequestHash(post('x'.repeat(MEBIBYTE)))).toHaveLength(43)
    await expect(computeRequestHash(post('x'.repeat(MEBIBYTE + 1)))).rejects.toMatchObject({
      code: 'ERR_CLAIMS',
      message: 'the body is larger than 1048576 bytes: no token can be bound to it',
    })
    const read = post('body')
    await read.text()
    await expect(computeRequestHash(read)).rejects.toThrow(/read already/)
  })

  it('takes the bytes that were kept of a body that was read, up to 1 MiB', async () => {
    const read = post('body')
    keepBody(read, await read.bytes())
    expect(await computeRequestHash(read)).toBe(await computeRequestHash(post('body')))
    keepBody(read, new Uint8Array(1_048_577))
    await expect(computeRequestHash(read)).rejects.toThrow(/larger than 1048576 bytes/)
    const unread = post('body')
    keepBody(unread, new Uint8Array(1))
    expect(await computeRequestHash(unread)).toBe(await computeRequestHash(post('body')))
  })
})

it('a bound token lives 60 seconds, and no token passes for a request whose body is too large', async () => {
  const kit = createKit({ issuer: 'https://a.test', audience: 'a', sign: { secret: generateSecret() } })
  const token = await kit.sign({ sub: 'user-1' }, { request: post('body') })
  const result = await kit.safeVerify(token, { request: post('body') })
  if (!result.ok) throw new Error(result.reason)
  expect(result.claims.exp - result.claims.iat).toBe(60)
  expect(result.header.typ).toBe('req+jwt')
  const tooLarge = post('x'.repeat(MEBIBYTE + 1))
  expect(await kit.safeVerify(token, { request: tooLarge })).toMatchObject({ reason: 'request_mismatch' })
})
