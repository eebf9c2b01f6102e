import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bootId, ownedName } from '../../../../src/foundation/sys/index.ts'
import { openStoreRoot } from '../../../../src/store/snapshot/index.ts'

describe('openStoreRoot', () => {
  let parent: string
  let root: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'tsbuild-root-'))
    root = join(parent, 'deep/store')
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))
  const deadName = (): string => {
    const [, start, boot, random] = ownedName().split('-')
    return `${spawnSync('true').pid}-${start}-${boot}-${random}`
  }

  /** Names, kinds and times of change of all that is there. */
  const snapshotOf = (directory: string): readonly string[] =>
    ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].sort().map((name) => {
      const { ctimeNs, mode } = statSync(join(directory, name), { bigint: true })
      return `${name} ${mode} ${ctimeNs}`
    })

  it('makes a store that only its owner can enter', () => {
    expect(openStoreRoot(root)).toBe(root)
    expect(readFileSync(join(root, 'version'), 'utf8')).toBe('1\n')
    expect(statSync(root).mode & 0o777).toBe(0o700)
    expect(statSync(join(root, 'layers')).mode & 0o777).toBe(0o700)
  })
  it('closes a store that was left open to others', () => {
    openStoreRoot(root)
    chmodSync(root, 0o755)
    openStoreRoot(root)
    expect(statSync(root).mode & 0o777).toBe(0o700)
  })
  it('writes nothing when it opens a store again', () => {
    openStoreRoot(root)
    const before = statSync(root, { bigint: true }).ctimeNs
    openStoreRoot(root)
    expect(statSync(root, { bigint: true }).ctimeNs).toBe(before)
  })
  it('finishes a store whose making was interrupted', () => {
    mkdirSync(join(root, 'layers'), { recursive: true })
    openStoreRoot(root)
    expect(existsSync(join(root, 'content/ingest'))).toBe(true)
  })
  it.each([
    ['2\n', 'store-too-new', 'layout version 2'],
    ['999\n', 'store-too-new', 'this program knows 1'],
    ['0\n', 'store-foreign', 'expected 1'],
    ['\u0001\n', 'store-foreign', 'expected 1'],
    ['x'.repeat(100_000), 'store-foreign', 'expected 1'],
    ['1.5', 'store-foreign', 'expected 1'],
  ])('refuses the version %j as %s', (version, code, message) => {
    openStoreRoot(root)
    writeFileSync(join(root, 'version'), version)
    // Work of a dead process, which a store that is opened would sweep.
    mkdirSync(join(root, 'active', deadName()))
    const before = snapshotOf(root)
    expect(() => openStoreRoot(root)).toThrowError(
      expect.objectContaining({ code, message: expect.stringContaining(message), hint: expect.any(String) }),
    )
    expect(snapshotOf(root)).toEqual(before)
  })
  it('refuses a version that is no file, and writes nothing', () => {
    openStoreRoot(root)
    rmSync(join(root, 'version'))
    mkdirSync(join(root, 'version'))
    const before = snapshotOf(root)
    expect(() => openStoreRoot(root)).toThrowError(/open store/)
    expect(snapshotOf(root)).toEqual(before)
  })
  it.each([
    ['lost', undefined],
    ['empty', ''],
    ['zeros', '\0\0'],
  ])('takes a store whose version file is %s for what it is', (_, text) => {
    openStoreRoot(root)
    for (const name of ['volumes', 'git', 'cache-mounts']) mkdirSync(join(root, name))
    for (const name of ['events', 'events.1', 'prune.lock']) writeFileSync(join(root, name), '')
    rmSync(join(root, 'version'))
    if (text !== undefined) writeFileSync(join(root, 'version'), text)
    openStoreRoot(root)
    expect(readFileSync(join(root, 'version'), 'utf8')).toBe('1\n')
  })
  it('refuses a directory that holds other things, and leaves it alone', () => {
    mkdirSync(root, { recursive: true })
    writeFileSync(join(root, 'photo.jpg'), '')
    expect(() => openStoreRoot(root)).toThrowError(expect.objectContaining({ code: 'store-foreign' }))
    expect(readdirSync(root)).toEqual(['photo.jpg'])
  })
  it('sweeps the work of dead processes to the trash and leaves that of live ones', () => {
    openStoreRoot(root)
    const live = ownedName()
    const dead = deadName()
    for (const name of [live, dead]) {
      mkdirSync(join(root, 'active', name, 'layer/tree'), { recursive: true })
      writeFileSync(join(root, 'content/ingest', name), 'half')
      writeFileSync(join(root, 'leases', name), '')
    }
    openStoreRoot(root)
    expect(readdirSync(join(root, 'active'))).toEqual([live])
    expect(readdirSync(join(root, 'content/ingest'))).toEqual([live])
    expect(readdirSync(join(root, 'leases'))).toEqual([live])
    expect(readdirSync(join(root, 'trash'))).toHaveLength(2)
  })
  it('drops what an older boot left volatile, and only that', () => {
    openStoreRoot(root)
    const [tree, blob, kept] = ['a'.repeat(32), 'b'.repeat(64), 'c'.repeat(32)]
    for (const id of [tree, kept]) {
      mkdirSync(join(root, 'layers', id, 'tree'), { recursive: true })
      writeFileSync(join(root, 'layers', id, 'index'), '')
    }
    writeFileSync(join(root, 'content/blobs/sha256', blob), '')
    for (const [boot, mark] of [
      ['0f0f0f0f-old', tree],
      ['0f0f0f0f-old', blob],
      [bootId(), kept],
    ]) {
      mkdirSync(join(root, 'volatile', boot ?? ''), { recursive: true })
      writeFileSync(join(root, 'volatile', boot ?? '', mark ?? ''), '')
    }
    openStoreRoot(root)
    expect(existsSync(join(root, 'layers', tree, 'tree'))).toBe(false)
    expect(existsSync(join(root, 'layers', tree, 'index'))).toBe(false)
    expect(existsSync(join(root, 'layers', kept, 'tree'))).toBe(true)
    expect(existsSync(join(root, 'layers', kept, 'index'))).toBe(true)
    expect(readdirSync(join(root, 'content/blobs/sha256'))).toEqual([])
    expect(readdirSync(join(root, 'volatile'))).toEqual([bootId()])
  })
})
