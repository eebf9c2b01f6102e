import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { EntryType } from '../../../../../src/foundation/filetree/index.ts'
import { readNotes, withoutNoted } from '../../../../../src/store/snapshot/copy/noted-changes.ts'
import type { StampedEntry } from '../../../../../src/store/snapshot/copy/tree-diff.ts'

const place = mkdtempSync(join(tmpdir(), 'tsbuild-notes-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const notesOf = (text: string) => {
  writeFileSync(join(place, 'stubs'), text)
  return readNotes(join(place, 'stubs'))
}
const at = (path: string, stamp: string, type: EntryType = 'file', identity?: string): StampedEntry => ({
  entry: { path, type, mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 },
  stamp,
  ...(identity === undefined ? {} : { identity }),
})
const shape = (entries: readonly StampedEntry[]): readonly string[] =>
  entries.map(({ entry, stamp, identity }) => `${entry.path} ${stamp} ${identity ?? '-'}`)

describe('changes that making mount points made', () => {
  // etc gets two mount points, one after the other.
  const text = '1:10 1:20\n- 2:20\n1:20 1:30\n- 3:30\n'

  it('takes mount points out, and gives the directories above the stamps that they had', () => {
    const after = [at('etc', '1:30', 'directory', '1:1'), at('etc/hosts', '2:20'), at('etc/own', '9:9')]
    expect(shape(withoutNoted(after, notesOf(text)))).toEqual(['etc 1:10 1:1', 'etc/own 9:9 -'])
  })
  it('keeps what has been changed since, as well as the directories above it', () => {
    const after = [at('etc', '1:40', 'directory', '1:1'), at('etc/hosts', '2:50')]
    expect(shape(withoutNoted(after, notesOf(text)))).toEqual(['etc 1:40 1:1', 'etc/hosts 2:50 -'])
  })
  it('does not take a directory that was made for a mount point for a new one when something is put there', () => {
    const after = [at('data', '5:60', 'directory', '5:1'), at('data/own', '7:60')]
    expect(shape(withoutNoted(after, notesOf('- 5:50\n')))).toEqual(['data 5:60 -', 'data/own 7:60 -'])
  })
  it.each(['', '1:1', 'x y\n', '1:2 1:3 1:4\n', '1:2 1:2\n', '1:2 1:3\n1:3 1:2\n'])(
    'is not led astray by %j',
    (bad) => {
      expect(withoutNoted([at('etc', '4:4')], notesOf(bad))).toHaveLength(1)
      expect(withoutNoted([at('etc', '1:2')], notesOf(bad))).toHaveLength(1)
    },
  )
  it('has no notes where no container has run', () => {
    expect(readNotes(join(place, 'missing')).size).toBe(0)
  })
})
