import { beforeEach, describe, expect, it } from 'vitest'
import { type IndexedSession, type IndexRecord, MAX_INDEXED_SESSIONS, SessionIndex } from './session-index.ts'

const HOUR = 3600
const DAY = 86_400
const START = 1_800_000_000

let kept: IndexRecord | undefined
let wakes: number[]
let now: number
let index: SessionIndex

beforeEach(() => {
  kept = undefined
  wakes = []
  now = START
  index = new SessionIndex(
    {
      read: () => Promise.resolve(kept),
      write: (record) => Promise.resolve(void (kept = record)),
      clear: () => Promise.resolve(void (kept = undefined)),
      wake: (at) => Promise.resolve(void wakes.push(at)),
    },
    () => now,
  )
})

const session = (id: string, more: Partial<IndexedSession> = {}): IndexedSession => ({
  id,
  sid: undefined,
  issuedAt: START,
  until: START + 7 * DAY,
  ...more,
})

describe('a logout of a user', () => {
  it('finds every session that began up to it, and none that began later', async () => {
    await index.add(session('one', { sid: 's1' }))
    await index.add(session('two', { sid: 's2' }))
    await index.add(session('later', { issuedAt: START + 1 }))
    expect(await index.end({ sid: undefined, upTo: START })).toEqual(['one', 'two'])
  })

  it('finds them again until they are forgotten: ending them may have failed', async () => {
    await index.add(session('one'))
    expect(await index.end({ sid: undefined, upTo: START })).toEqual(['one'])
    expect(await index.end({ sid: undefined, upTo: START })).toEqual(['one'])
    await index.forget(['one'])
    expect(await index.end({ sid: undefined, upTo: START })).toEqual([])
  })

  it('rejects a login that it overtook, for an hour, and no login after it', async () => {
    await index.end({ sid: undefined, upTo: START })
    expect(await index.add(session('overtaken'))).toEqual({ isEnded: true, dropped: [] })
    expect(await index.add(session('new', { issuedAt: START + 1 }))).toMatchObject({ isEnded: false })
    now += HOUR
    expect(await index.add(session('an hour on'))).toMatchObject({ isEnded: false })
  })
})

describe('a logout of one sid', () => {
  it('finds the sessions of that sid and those without one, and no others', async () => {
    await index.add(session('this', { sid: 's1' }))
    await index.add(session('none'))
    await index.add(session('other', { sid: 's2' }))
    expect(await index.end({ sid: 's1', upTo: START })).toEqual(['this', 'none'])
  })

  it('leaves logins of another sid alone', async () => {
    await index.end({ sid: 's1', upTo: START })
    expect(await index.add(session('other', { sid: 's2' }))).toMatchObject({ isEnded: false })
    expect(await index.add(session('this', { sid: 's1' }))).toMatchObject({ isEnded: true })
  })
})

describe('an index', () => {
  it(`holds ${MAX_INDEXED_SESSIONS} sessions: one more, and the oldest has to end`, async () => {
    for (let count = 0; count < MAX_INDEXED_SESSIONS; count++) {
      expect((await index.add(session(String(count)))).dropped).toEqual([])
    }
    expect((await index.add(session('one more'))).dropped).toEqual(['0'])
    expect(kept?.sessions).toHaveLength(MAX_INDEXED_SESSIONS)
  })

  it('takes out what is over, and itself with the last', async () => {
    await index.add(session('one'))
    await index.end({ sid: 's1', upTo: START })
    expect(wakes.at(-1)).toBe(START + 7 * DAY)
    now += 2 * HOUR
    await index.onAlarm()
    expect(kept).toEqual({ sessions: [session('one')], ended: [] })
    now += 7 * DAY
    await index.onAlarm()
    expect(kept).toBeUndefined()
  })

  it('remembers a hundred logouts at most', async () => {
    for (let count = 0; count < 150; count++) await index.end({ sid: `s${count}`, upTo: START })
    expect(kept?.ended).toHaveLength(100)
  })
})
