import { describe, expect, it } from 'vitest'
import { problemOfOrigin } from './route-origin.ts'

const production = { allowPrivate: false, environment: 'production', baseUrl: 'https://app.example.com' }
const problem = (origin: string, more: object = {}): string | undefined =>
  problemOfOrigin(origin, { ...production, ...more })

describe('an origin on the internet', () => {
  it.each([
    'https://api.example.com',
    'https://api.example.com:8443',
    'https://xn--bcher-kva.example',
    'https://8.8.8.8',
    'https://172.32.0.1',
    'https://100.128.0.1',
    'https://[2606:4700::1111]',
    'https://internal.example.com',
    'https://localhost.example.com',
  ])('may be %s', (origin) => {
    expect(problem(origin)).toBeUndefined()
  })
})

describe('an address that is not on the internet', () => {
  it.each([
    'https://localhost',
    'https://sub.localhost',
    'https://127.0.0.1',
    'https://127.1.2.3',
    'https://0.0.0.0',
    'https://10.0.0.5',
    'https://100.64.0.1',
    'https://169.254.169.254',
    'https://172.16.0.1',
    'https://172.31.255.255',
    'https://192.168.1.1',
    'https://198.18.0.1',
    'https://198.19.255.255',
    'https://224.0.0.1',
    'https://255.255.255.255',
    'https://[::]',
    'https://[::1]',
    'https://[::ffff:7f00:1]',
    'https://[::ffff:808:808]',
    'https://[::7f00:1]',
    'https://[64:ff9b::7f00:1]',
    'https://[2002:7f00:1::]',
    'https://[2001::1]',
    'https://[2001:db8::1]',
    'https://[fc00::1]',
    'https://[fd00:ec2::254]',
    'https://[fe80::1]',
    'https://[fec0::1]',
    'https://[ff02::1]',
    'https://metadata.google.internal',
    'https://printer.local',
    'https://router.home.arpa',
    'https://wiki.corp',
    'https://intranet',
    'https://metadata',
  ])('is %s: it must be meant', (origin) => {
    expect(problem(origin)).toMatch(/^is a private address: if it is meant, set allowPrivate: true/)
    expect(problem(origin, { allowPrivate: true })).toBeUndefined()
  })

  // One spelling of an address is as good as another to whoever connects: none but the plain one passes.
  it.each([
    ['in decimal', 'https://2130706433'],
    ['in hexadecimal', 'https://0x7f000001'],
    ['in octal', 'https://0177.0.0.1'],
    ['in hexadecimal parts', 'https://0x7f.0.0.1'],
    ['with parts left out', 'https://127.1'],
    ['with a part that is two', 'https://10.65535'],
    ['in decimal, of metadata', 'https://2852039166'],
    ['in full-width digits', 'https://１２７.0.0.1'],
    ['in circled digits', 'https://①②⑦.⓪.⓪.①'],
    ['with ideographic dots', 'https://127。0。0。1'],
    ['with encoded letters', 'https://%6c%6f%63alhost'],
    ['in capitals', 'https://LOCALHOST'],
    ['with a dot at its end', 'https://127.0.0.1.'],
    ['with a soft hyphen', 'https://local\u00adhost'],
    ['mapped to IPv6', 'https://[::ffff:127.0.0.1]'],
    ['in full IPv6', 'https://[0:0:0:0:0:0:0:1]'],
    ['in full mapped IPv6', 'https://[0000:0000:0000:0000:0000:ffff:7f00:0001]'],
    ['behind a user name', 'https://api.example.com@127.0.0.1'],
    ['behind a backslash', 'https://127.0.0.1\\.example.com'],
    ['behind a tab', 'https://127.0.\t0.1'],
  ])('does not pass %s', (_, origin) => {
    expect(problem(origin)).toMatch(/^is (not scheme and host alone|a private address|no URL)/)
    // Nor does the word for it let another spelling pass.
    expect(problem(origin, { allowPrivate: true })).toMatch(/^is (not scheme and host alone|no URL)/)
  })

  it('does not pass as a name with a dot at its end', () => {
    for (const origin of ['https://localhost.', 'https://api.example.com.']) {
      expect(problem(origin)).toBe('ends in a dot: remove it')
    }
  })
})

describe('an origin', () => {
  it.each([
    ['a path', 'https://api.example.com/v1'],
    ['a closing slash', 'https://api.example.com/'],
    ['the usual port', 'https://api.example.com:443'],
    ['a query', 'https://api.example.com?x'],
    ['a fragment', 'https://api.example.com#x'],
    ['a user', 'https://user:secret@api.example.com'],
    ['a space before it', ' https://api.example.com'],
    ['a line break', 'https://api.example.com\r\nX: 1'],
    ['three slashes', 'https:///api.example.com'],
    ['a backslash', 'https:\\\\api.example.com'],
  ])('cannot have %s', (_, origin) => {
    expect(problem(origin)).toMatch(/^is (not scheme and host alone|no URL)/)
  })

  it.each([
    'http://api.example.com',
    'ws://api.example.com',
    'ftp://api.example.com',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
  ])('is https alone: %s', (origin) => {
    for (const environment of ['production', 'staging', 'test', 'dev']) {
      for (const allowPrivate of [true, false]) {
        expect(problem(origin, { environment, allowPrivate })).toMatch(/^is not https/)
      }
    }
  })

  it('on this machine may be http, in development, when it says so', () => {
    for (const origin of ['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000']) {
      expect(problem(origin, { environment: 'dev', allowPrivate: true })).toBeUndefined()
      expect(problem(origin, { environment: 'dev' })).toMatch(/^is not https/)
      for (const environment of ['test', 'staging', 'production']) {
        expect(problem(origin, { environment, allowPrivate: true })).toMatch(/^is not https/)
      }
    }
    expect(problem('http://10.0.0.5', { environment: 'dev', allowPrivate: true })).toMatch(/^is not https/)
  })

  it('is not the gateway itself', () => {
    for (const baseUrl of ['https://app.example.com', 'https://app.example.com/']) {
      expect(problem('https://app.example.com', { baseUrl })).toMatch(/^is the gateway itself/)
    }
  })

  it('is said with its plain form, which is no secret', () => {
    expect(problem('https://API.example.com/')).toContain('did you mean https://api.example.com?')
  })
})
