import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../src/foundation/errors/index.ts'
import type { TreeEntry } from '../../src/foundation/filetree/index.ts'
import { removeTrees, scanTree } from '../../src/foundation/native/index.ts'
import { applyTar, type IndexEntry } from '../../src/store/layer/index.ts'
import { must, Violation } from './types.ts'

/**
 * Unpacks a layer that was accepted, with the real helper: the tree is what the index says, and nothing beside it has changed.
 * Names that a file system cannot hold may be refused.
 */
export const checkUnpacked = (input: Buffer): void => {
  const base = mkdtempSync(join(tmpdir(), 'tsbuild-fuzz-'))
  const tree = join(base, 'tree')
  try {
    mkdirSync(tree)
    mkdirSync(join(base, 'tmp'))
    writeFileSync(join(base, 'tmp/victim'), 'as it was')
    writeFileSync(join(base, 'layer.tar'), input)
    const index = unpack(join(base, 'layer.tar'), tree)
    must(readdirSync(base).sort().join() === 'layer.tar,tmp,tree', 'something appeared beside the tree')
    must(readdirSync(join(base, 'tmp')).join() === 'victim', 'something appeared in another directory')
    must(readFileSync(join(base, 'tmp/victim'), 'utf8') === 'as it was', 'another file has changed')
    if (index) compare(index, scanTree(tree))
  } finally {
    removeTrees([base])
  }
}

const unpack = (tar: string, tree: string): readonly IndexEntry[] | undefined => {
  try {
    return applyTar(tar, tree)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw new Violation(`unpacking throws ${error instanceof Error ? error.stack : String(error)}`)
  }
}

const compare = (index: readonly IndexEntry[], tree: readonly TreeEntry[]): void => {
  const found = new Map(tree.filter(({ path }) => path !== '').map((entry) => [entry.path, entry]))
  for (const entry of index) {
    if (entry.path === '') continue
    const one = found.get(entry.path)
    found.delete(entry.path)
    must(
      one !== undefined && lineOf(entry) === treeLine(one),
      `${JSON.stringify(entry.path)} is not as in the index`,
    )
  }
  must(found.size === 0, `the tree has ${JSON.stringify([...found.keys()][0])}, the index has not`)
}

const lineOf = (entry: IndexEntry): string =>
  entry.kind === 'whiteout'
    ? 'char 0:0'
    : [
        entry.type,
        entry.type === 'file' ? entry.size : '',
        entry.linkName ?? '',
        entry.uid,
        entry.gid,
        entry.opaque === true,
        modeOf(entry),
      ].join(' ')

const treeLine = (entry: TreeEntry): string => {
  if (entry.type === 'char' && entry.major === 0 && entry.minor === 0) return 'char 0:0'
  const opaque = entry.xattrs?.get('trusted.overlay.opaque') !== undefined
  return [
    entry.type,
    entry.type === 'file' ? entry.size : '',
    entry.linkName ?? '',
    entry.uid,
    entry.gid,
    opaque,
    modeOf(entry),
  ].join(' ')
}

const modeOf = ({ type, mode }: { readonly type: string; readonly mode: number }): string =>
  type === 'symlink' ? '' : mode.toString(8)
