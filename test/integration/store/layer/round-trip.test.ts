import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applySpecials, removeTrees, scanTree } from '../../../../src/foundation/native/index.ts'
import {
  applyBlob,
  applyTar,
  createLayerTarWriter,
  decompressedIndexOf,
  type IndexEntry,
  indexBlob,
  type LayerTarResult,
  openIndex,
  treeEntries,
  writeIndex,
  writeTree,
} from '../../../../src/store/layer/index.ts'
import { capability, fillOverlayTree } from '../../../support/overlay-tree.ts'

const base = mkdtempSync(join(tmpdir(), 'tsbuild-layer-'))
const tree = join(base, 'tree')
const tar = join(base, 'layer.tar')
let written: LayerTarResult

const writeTar = (directory: string, path: string): LayerTarResult => {
  const fd = openSync(path, 'w')
  try {
    const writer = createLayerTarWriter((chunk) => writeSync(fd, chunk), { contentDigests: true })
    writeTree(directory, writer)
    return writer.finish()
  } finally {
    closeSync(fd)
  }
}

const fresh = (name: string): string => {
  const path = join(base, name)
  mkdirSync(path)
  return path
}

const mark = (root: string, path: string, name: string, value: string): void => {
  applySpecials(root, [{ op: 'xattr', path, name: `trusted.overlay.${name}`, value: Buffer.from(value) }])
}

/** Without what only a tree (inode) or only a tar (offset, digest) knows; times as in a tar. */
const comparable = (entries: readonly IndexEntry[]): readonly unknown[] =>
  entries.map((entry) => {
    if (entry.kind === 'whiteout') return entry
    const { inode: _, offset: __, contentDigest: ___, implied: ____, ...rest } = entry
    return { ...rest, mtimeNsec: 0 }
  })

beforeAll(() => {
  mkdirSync(tree)
  fillOverlayTree(tree)
  written = writeTar(tree, tar)
})
afterAll(() => removeTrees([base]))

describe('tree to tar to tree', () => {
  it('gives the same tree and the same bytes', () => {
    const again = fresh('again')
    const index = applyTar(tar, again)
    expect(comparable(treeEntries(again))).toEqual(comparable(treeEntries(tree)))
    const second = writeTar(again, join(base, 'again.tar'))
    expect(second.diffId).toBe(written.diffId)
    expect(readFileSync(join(base, 'again.tar')).equals(readFileSync(tar))).toBe(true)
    expect(comparable(index)).toEqual(comparable(written.index))
  })

  it('tells the same index from the writer, the tar and the unpacking', async () => {
    const fromTar = decompressedIndexOf(tar, { contentDigests: true })
    expect(comparable(fromTar)).toEqual(comparable(treeEntries(tree)))
    const withoutInode = (entries: readonly IndexEntry[]): readonly unknown[] =>
      entries.map((entry) => ('inode' in entry ? { ...entry, inode: '' } : entry))
    const files = (entries: readonly IndexEntry[]): readonly IndexEntry[] =>
      entries.filter((entry) => entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined)
    expect(withoutInode(files(fromTar))).toEqual(withoutInode(files(written.index)))
    const blob = join(base, 'layer.tar.gz')
    writeFileSync(blob, zlib.gzipSync(readFileSync(tar)))
    const fromBlob = await indexBlob(blob, { contentDigests: true })
    expect(fromBlob).toEqual({ diffId: written.diffId, size: written.size, index: fromTar })
    const applied = await applyBlob(blob, fresh('from-gzip'), { contentDigests: true })
    expect(applied).toEqual(fromBlob)
  })

  it('finds contents at their offsets', () => {
    const bytes = readFileSync(tar)
    for (const entry of decompressedIndexOf(tar)) {
      if (entry.kind !== 'add' || entry.offset === undefined || entry.path.includes('\udce9')) continue
      const content = bytes.subarray(entry.offset, entry.offset + entry.size)
      expect(content.equals(readFileSync(join(tree, entry.path))), entry.path).toBe(true)
    }
  })

  it('keeps capabilities, setuid, big ids and overlay marks on the disk', () => {
    const entries = new Map(scanTree(join(base, 'again')).map((entry) => [entry.path, entry]))
    expect(entries.get('suid')).toMatchObject({
      mode: 0o6755,
      xattrs: new Map([['security.capability', capability]]),
    })
    expect(entries.get('dir/sub/none')).toMatchObject({ uid: 3_000_000_000, gid: 2_097_152 })
    expect(entries.get('removed')).toMatchObject({ type: 'char', major: 0, minor: 0 })
    expect(entries.get('opaque')?.xattrs?.get('trusted.overlay.opaque')?.toString()).toBe('y')
    expect(entries.get('dir')?.xattrs?.has('trusted.overlay.impure')).toBe(false)
    expect(entries.get('dir/file')).not.toHaveProperty('xattrs')
  })

  it('is stored and found again in an index file', () => {
    const path = join(base, 'index')
    writeIndex(path, written.index)
    const index = openIndex(path)
    expect([...index.entries()]).toEqual(written.index)
    expect(index.get('dir/file')).toMatchObject({ hardlink: 'a-hard' })
    expect(index.get('caf\udce9')).toMatchObject({ type: 'file', size: 6 })
  })
})

describe('trees', () => {
  it('may be deeper than a path', () => {
    const deep = fresh('deep')
    execFileSync('python3', [
      '-c',
      `import os
os.chdir(${JSON.stringify(deep)})
for _ in range(1500):
    os.mkdir('level'); os.chdir('level')
open('bottom', 'w').write('here')`,
    ])
    const writer = createLayerTarWriter()
    writeTree(deep, writer)
    expect(writer.finish().index.at(-1)).toMatchObject({ size: 4 })
  })

  it('with redirects are refused, since they say less than they hold', () => {
    const redirected = fresh('redirected')
    mkdirSync(join(redirected, 'd'))
    mark(redirected, 'd', 'redirect', '/etc')
    expect(() => treeEntries(redirected)).toThrow(expect.objectContaining({ code: 'unsupported-tree' }))
  })

  it('know the xattr form of whiteouts', () => {
    const nested = fresh('nested')
    mkdirSync(join(nested, 'd'))
    writeFileSync(join(nested, 'd/gone'), '')
    mark(nested, 'd', 'opaque', 'x')
    mark(nested, 'd/gone', 'whiteout', 'y')
    expect(treeEntries(nested)).toMatchObject([{ path: 'd' }, { kind: 'whiteout', path: 'd/gone' }])
    expect(treeEntries(nested)[0]).not.toHaveProperty('opaque')
  })

  it('leave the root out unless asked', () => {
    expect(treeEntries(tree)[0]?.path).toBe('a-hard')
    expect(treeEntries(tree, { root: true })[0]).toMatchObject({ path: '', type: 'directory' })
  })
})
