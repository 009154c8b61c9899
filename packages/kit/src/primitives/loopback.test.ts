import { expect, it } from 'vitest'
import { isLoopback } from './loopback.ts'

it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('%s is loopback', (hostname) => {
  expect(isLoopback(hostname)).toBe(true)
})

it.each([
  'localhost.example.com',
  '127.0.0.1.example.com',
  '128.0.0.1',
  '1127.0.0.1',
  '::1',
  '0.0.0.0',
  '[::]',
  '',
])('"%s" is not loopback', (hostname) => {
  expect(isLoopback(hostname)).toBe(false)
})
