import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyEntry } from '../../../../src/foundation/native/index.ts'
import { canMake, type DiskKind, makeDisk } from '../../../support/disk.ts'

/** The extents of a file, as filefrag shows them, with their flags. */
const extents = (path: string): string => {
  execFileSync('sync', ['-f', path])
  return execFileSync('filefrag', ['-v', path], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  })
}

const sharing: readonly (readonly [DiskKind, boolean])[] = [
  ['btrfs', true],
  ['xfs', true],
  ['ext4', false],
]

test.for(sharing)('a copy on %s shares its blocks: %s', ([kind, shares], { skip }) => {
  if (!canMake(kind)) skip(`no mkfs.${kind} here`)
  using disk = makeDisk(kind, 320)
  const bytes = randomBytes(4 << 20)
  writeFileSync(join(disk.path, 'a'), bytes)
  truncateSync(join(disk.path, 'a'), bytes.length + (1 << 20) + 5)
  const directory = openSync(disk.path, 'r')
  try {
    copyEntry({ directory, name: 'a' }, { directory, name: 'b' })
  } finally {
    closeSync(directory)
  }
  expect(readFileSync(join(disk.path, 'b')).equals(readFileSync(join(disk.path, 'a')))).toBe(true)
  expect(extents(join(disk.path, 'b')).includes('shared')).toBe(shares)
  // Only until one is written to.
  writeFileSync(join(disk.path, 'b'), 'other', { flag: 'r+' })
  expect(readFileSync(join(disk.path, 'a')).subarray(0, bytes.length).equals(bytes)).toBe(true)
})
