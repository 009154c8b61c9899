import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { absentUses, filesIn, type Size } from '../parts/sizes.ts'
import { GZIP_BUDGETS, measureOurs, overrun, ROOM_BUDGETS } from './bytes.ts'

describe('bytes', () => {
  let sizes: readonly Size[] = []
  beforeAll(async () => {
    sizes = await measureOurs()
  })

  it('of every bundle and every room stay within their budgets, and each has one', () => {
    expect(sizes.flatMap((size) => overrun(size) ?? []).join('\n\n')).toBe('')
  })

  it('of a bundle and of a room can be seen file by file', async () => {
    const bundle = await filesIn('ours: ./jws, verify')
    expect(bundle?.map(([file]) => file)).toContain('packages/kit/dist/jws/compact-jws.js')
    const room = (await filesIn('room jws')) ?? []
    expect(room.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(
      sizes.find(({ name }) => name === 'room jws')?.minified,
    )
    expect(await filesIn('room nowhere')).toBeUndefined()
  })

  it.each(['ours: makeKit, policy, guard', 'ours: makeVerifier, guard, 2 rules', 'Worker consumer'])(
    'of %s have no sink in them, and no table of the log: who names none bundles none',
    async (name) => {
      const files = (await filesIn(name))?.map(([file]) => file) ?? []
      expect(files.length).toBeGreaterThan(10)
      expect(files.filter((file) => /log\/(sinks\/|fields|event-table)/.test(file))).toEqual([])
    },
  )

  it('of one sink have no table of the log in them, and not the other sink', async () => {
    const files = (await filesIn('ours: ./log, one sink'))?.map(([file]) => file) ?? []
    expect(files).toContain('packages/kit/dist/log/sinks/otlp-logs.js')
    expect(files.filter((file) => /log\/(fields|event-table|sinks\/(datadog|metrics))/.test(file))).toEqual(
      [],
    )
  })

  it('of a face that is not there yet have its declaration in this folder, and only then', () => {
    expect(existsSync(join(import.meta.dirname, '../verify-face.d.ts'))).toBe(absentUses().length > 0)
  })

  it('have budgets for what there is alone', () => {
    const known = [...sizes.map(({ name }) => name), ...absentUses()]
    const budgets = [...Object.keys(GZIP_BUDGETS), ...Object.keys(ROOM_BUDGETS)]
    expect(budgets.filter((name) => !known.includes(name))).toEqual([])
  })
})

describe('a budget', () => {
  const name = 'ours: ./jws, verify'
  const budget = GZIP_BUDGETS[name] ?? NaN

  it('may be reached and not passed, and says by how much', () => {
    expect(overrun({ name, minified: 9e9, gzip: budget })).toBeUndefined()
    expect(overrun({ name, minified: 0, gzip: budget + 12 })).toContain('12 more than its budget')
    expect(overrun({ name, minified: 0, gzip: budget + 12 })).toContain(`--inside '${name}'`)
  })

  it('of a room counts what is not compressed', () => {
    const room = (minified: number): Size => ({ name: 'room http', minified })
    expect(overrun(room(ROOM_BUDGETS['room http'] ?? NaN))).toBeUndefined()
    expect(overrun(room((ROOM_BUDGETS['room http'] ?? NaN) + 1))).toContain('1 more than its budget')
  })

  it('is missed where there is none', () => {
    expect(overrun({ name: 'face ./new', minified: 5000, gzip: 1234 })).toContain(
      'has no budget: it has 1,234',
    )
  })
})
