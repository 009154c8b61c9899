import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTextFile, writePrivateFile } from './files.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keygen-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

const path = (name: string): string => join(directory, name)
const modeOf = (file: string): number => statSync(file).mode & 0o777

describe('writePrivateFile', () => {
  it.each([0o000, 0o022, 0o077, 0o777])('writes with mode 0600 under umask %o', async (umask) => {
    const before = process.umask(umask)
    try {
      await writePrivateFile(path('key'), 'text', false)
      await writePrivateFile(path('forced'), 'text', true)
    } finally {
      process.umask(before)
    }
    expect([modeOf(path('key')), modeOf(path('forced'))]).toEqual([0o600, 0o600])
    expect(readFileSync(path('key'), 'utf8')).toBe('text')
  })

  it('keeps a file that is there', async () => {
    writeFileSync(path('key'), 'old')
    await expect(writePrivateFile(path('key'), 'new', false)).rejects.toThrow(/is there already.*add --force/)
    expect(readFileSync(path('key'), 'utf8')).toBe('old')
  })

  it('replaces it with force in one step: mode 0600, a new file, nothing left over', async () => {
    writeFileSync(path('key'), 'old')
    chmodSync(path('key'), 0o644)
    const { ino } = statSync(path('key'))
    await writePrivateFile(path('key'), 'new', true)
    expect(readFileSync(path('key'), 'utf8')).toBe('new')
    expect(modeOf(path('key'))).toBe(0o600)
    expect(statSync(path('key')).ino).not.toBe(ino)
    expect(readdirSync(directory)).toEqual(['key'])
  })

  it.each([
    ['that exists', 'victim'],
    ['that does not', 'nowhere'],
  ])('does not follow a link to a file %s', async (_, target) => {
    writeFileSync(path('victim'), 'old')
    symlinkSync(path(target), path('link'))
    await expect(writePrivateFile(path('link'), 'new', false)).rejects.toThrow(/is there already/)
    await expect(writePrivateFile(path('link'), 'new', true)).rejects.toThrow(
      /is a link, a directory or a device/,
    )
    expect(readFileSync(path('victim'), 'utf8')).toBe('old')
    expect(lstatSync(path('link')).isSymbolicLink()).toBe(true)
    expect(readdirSync(directory).sort()).toEqual(['link', 'victim'])
  })

  it('does not replace a directory or a special file, even with force', async () => {
    mkdirSync(path('directory'))
    execFileSync('mkfifo', [path('fifo')])
    for (const name of ['directory', 'fifo']) {
      await expect(writePrivateFile(path(name), 'new', true)).rejects.toThrow(
        /is a link, a directory or a device/,
      )
    }
    expect(lstatSync(path('fifo')).isFIFO()).toBe(true)
    expect(readdirSync(directory).sort()).toEqual(['directory', 'fifo'])
  })

  it.each([false, true])('says that the directory is missing (force: %s)', async (force) => {
    const missing = writePrivateFile(path('no/key'), 'text', force)
    await expect(missing).rejects.toThrow(/^the directory of .* is not there: check the path$/)
  })
})

describe('readTextFile', () => {
  it('reads 64 KiB and rejects a byte more', async () => {
    writeFileSync(path('fits'), 'x'.repeat(65_536))
    writeFileSync(path('large'), 'x'.repeat(65_537))
    expect((await readTextFile(path('fits'))).length).toBe(65_536)
    await expect(readTextFile(path('large'))).rejects.toThrow('too large to be a key')
  })

  it('says why a file cannot be read', async () => {
    await expect(readTextFile(path('nothing'))).rejects.toThrow('it is not there')
    await expect(readTextFile(directory)).rejects.toThrow('it is a directory')
  })
})
