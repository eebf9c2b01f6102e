import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  applySpecials,
  digestTree,
  nativeBinary,
  removeTrees,
} from '../../../../src/foundation/native/index.ts'
import {
  createLayerTarWriter,
  describeTree,
  encodeIndex,
  listTree,
  treeEntries,
} from '../../../../src/store/layer/index.ts'
import { addFromTree } from '../../../../src/store/layer/tree-entries.ts'
import { fillOverlayTree } from '../../../support/overlay-tree.ts'

const base = mkdtempSync(join(tmpdir(), 'tsbuild-describe-'))
afterAll(() => removeTrees([base]))

let directory = ''
const at = (path: string): string => join(directory, path)
beforeEach(() => {
  directory = mkdtempSync(join(base, 'tree-'))
})

/** More than this process reads itself, with everything that plain headers can say. */
const fill = (): void => {
  for (const name of ['a', 'a.b', 'a-b', 'a/deep/er', 'opaque', 'sticky'])
    mkdirSync(at(name), { recursive: true })
  for (let i = 0; i < 400; i++) writeFileSync(at(`a/file ${i}`), 'x'.repeat((i * 37) % 1500))
  for (const size of [511, 512, 513]) writeFileSync(at(`a.b/${size}`), Buffer.alloc(size, 7))
  const long = `${'p'.repeat(60)}/${'q'.repeat(70)}/${'r'.repeat(20)}`
  mkdirSync(at(long), { recursive: true })
  writeFileSync(at(`${long}/${'s'.repeat(100)}`), 'long')
  mkdirSync(at(`${long}/${'d'.repeat(99)}`))
  writeFileSync(at('sparse'), '')
  truncateSync(at('sparse'), 3_000_000)
  writeFileSync(at('suid'), 'x')
  chownSync(at('suid'), 1000, 2_097_151)
  chmodSync(at('suid'), 0o6755)
  chmodSync(at('sticky'), 0o3777)
  symlinkSync('/etc/../t', at('link'))
  symlinkSync('t'.repeat(100), at('longest-link'))
  lutimesSync(at('link'), 5, 5)
  execFileSync('mknod', [at('char'), 'c', '5', '1'])
  execFileSync('mknod', [at('block'), 'b', '259', '70000'])
  execFileSync('mkfifo', [at('fifo')])
  // As overlay makes them: all whiteouts are one inode.
  execFileSync('mknod', [at('gone'), 'c', '0', '0'])
  linkSync(at('gone'), at('a/gone too'))
  applySpecials(directory, [
    { op: 'xattr', path: 'opaque', name: 'trusted.overlay.opaque', value: Buffer.from('y') },
    { op: 'xattr', path: 'a', name: 'trusted.overlay.impure', value: Buffer.from('y') },
    { op: 'xattr', path: 'a', name: 'trusted.overlay.origin', value: Buffer.alloc(20) },
    { op: 'xattr', path: 'a.b', name: 'trusted.overlay.opaque', value: Buffer.from('x') },
  ])
  utimesSync(at('a'), 1_234_567_890.5, 1_234_567_890.5)
}

/** The index that the helper makes of it. */
const indexed = (): Buffer =>
  execFileSync(nativeBinary(), ['fsops', 'index', directory], { stdio: ['ignore', 'pipe', 'ignore'] })

const mayBeIndexed = (): Buffer | undefined => {
  try {
    return indexed()
  } catch {
    return undefined
  }
}

const kept = (index: Buffer): string => {
  const path = join(mkdtempSync(join(base, 'index-')), 'index')
  writeFileSync(path, index)
  return path
}

/** As a tar of it is written. */
const written = (root = false): { readonly diffId: string; readonly size: number } => {
  const writer = createLayerTarWriter()
  for (const entry of treeEntries(directory, { root })) addFromTree(writer, directory, entry)
  const { diffId, size } = writer.finish()
  return { diffId, size }
}

describe('describeTree', () => {
  it.each([false, true])('has the helper say what the tar of a plain tree is (root: %s)', async (root) => {
    fill()
    const { diffId, size } = written(root)
    expect(await digestTree(directory, { root })).toEqual({ digest: diffId.slice('sha256:'.length), size })
    expect(await describeTree(directory, listTree(directory, { root }))).toEqual({ diffId, size })
  })

  it('knows trees with nothing and with little in them', async () => {
    expect((await digestTree(directory, { root: false }))?.size).toBe(1024)
    const { diffId, size } = written(true)
    expect(await digestTree(directory, { root: true })).toEqual({ digest: diffId.slice(7), size })
  })

  it('has the helper make the index that is made here', async () => {
    fill()
    const bytes = indexed()
    expect(bytes.equals(encodeIndex(treeEntries(directory), { marksLinks: true }))).toBe(true)
    const listing = listTree(directory, { index: bytes })
    const { index: _, entries, ...plain } = listing
    const { index: _index, entries: _entries, ...expected } = listTree(directory, {})
    expect(plain).toEqual({ ...expected, isListed: true })
    expect(await describeTree(directory, listing)).toEqual(written())
    // As it is written when the helper refuses something after all.
    expect(await describeTree(directory, { ...listing, isPlain: false })).toEqual(written())
    expect(entries()).toHaveLength(treeEntries(directory).length)
  })

  it('has the helper take from the index what the files are, and read only what is in them', async () => {
    for (const make of [() => undefined, fill]) {
      make()
      const { diffId, size } = written()
      const index = kept(indexed())
      expect(await digestTree(directory, { index })).toEqual({ digest: diffId.slice(7), size })
      const listing = listTree(directory, { index: indexed() })
      expect(await describeTree(directory, listing, index)).toMatchObject(written())
    }
  })

  it.each<readonly [string, () => void]>([
    ['is shorter', () => truncateSync(at('a/file 399'), 1)],
    [
      'is a link',
      () => {
        rmSync(at('a/file 399'))
        symlinkSync('file 398', at('a/file 399'))
      },
    ],
    [
      'lies behind a link',
      () => {
        renameSync(at('a'), at('b'))
        symlinkSync('b', at('a'))
      },
    ],
    ['is gone', () => rmSync(at('a/file 399'))],
  ])('says nothing of a tree with a file that %s meanwhile', async (_, change) => {
    fill()
    const index = kept(indexed())
    change()
    expect(await digestTree(directory, { index })).toBeUndefined()
  })

  it('says nothing by an index that is damaged', async () => {
    fill()
    expect(await digestTree(directory, { index: kept(indexed().subarray(0, -1)) })).toBeUndefined()
  })

  it('has the helper make the index of next to nothing', () => {
    const made = (): Buffer => encodeIndex(treeEntries(directory), { marksLinks: true })
    expect(indexed().equals(made())).toBe(true)
    mkdirSync(at('a/b/c'), { recursive: true })
    writeFileSync(at('a/b/c/d'), 'e')
    expect(indexed().equals(made())).toBe(true)
  })

  it('makes no index of a tree that is not plain', () => {
    fill()
    linkSync(at('suid'), at('z'))
    expect(indexed).toThrow()
  })

  const odd: Readonly<Record<string, () => void>> = {
    'hard links': () => linkSync(at('suid'), at('z')),
    'names that are not ASCII': () => writeFileSync(at('ü'), ''),
    'removed names that are not ASCII': () => void execFileSync('mknod', [at('ü'), 'c', '0', '0']),
    'names that are too long': () => mkdirSync(at('n'.repeat(130))),
    'targets that are too long': () => symlinkSync('t'.repeat(101), at('z')),
    'targets that are not ASCII': () => symlinkSync('ü', at('z')),
    'large ids': () => chownSync(at('suid'), 2_097_152, 0),
    'times before 1970': () =>
      void applySpecials(directory, [{ op: 'times', path: 'suid', mtime: -10, mtimeNsec: 0 }]),
    attributes: () =>
      void applySpecials(directory, [{ op: 'xattr', path: 'suid', name: 'user.a', value: Buffer.from('b') }]),
    'large files': () => truncateSync(at('sparse'), 8 * 1024 ** 3),
  }
  it.each(Object.entries(odd))('leaves %s to the writer of tars', async (what, make) => {
    fill()
    make()
    expect(await digestTree(directory, { root: false })).toBeUndefined()
    // Some it leaves when it makes the index, the others when it makes the tar of that.
    const index = mayBeIndexed()
    if (index) expect(await digestTree(directory, { index: kept(index) })).toBeUndefined()
    if (what === 'large files') return
    expect(await describeTree(directory, listTree(directory, {}))).toEqual(written())
  })

  it('agrees with the tar about a tree that has everything', async () => {
    fill()
    mkdirSync(at('all'))
    fillOverlayTree(at('all'))
    expect(await describeTree(directory, listTree(directory, {}))).toEqual(written())
  })

  it('refuses names that mean something in a layer, as the writer does', async () => {
    fill()
    writeFileSync(at('.wh.x'), '')
    expect(await digestTree(directory, { root: false })).toBeUndefined()
    await expect(describeTree(directory, listTree(directory, {}))).rejects.toMatchObject({
      code: 'unsupported-tree',
    })
  })

  it('refuses a directory that is not there', async () => {
    expect(await digestTree(at('none'), { root: false })).toBeUndefined()
  })
})
