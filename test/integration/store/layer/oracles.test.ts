import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeTrees } from '../../../../src/foundation/native/index.ts'
import {
  applyTar,
  createLayerTarWriter,
  type LayerEntry,
  treeEntries,
  writeTree,
} from '../../../../src/store/layer/index.ts'
import { fillOverlayTree } from '../../../support/overlay-tree.ts'

/** GNU tar and Python's tarfile read what we write, and we read what they write. */
const base = mkdtempSync(join(tmpdir(), 'tsbuild-oracle-'))
const tree = join(base, 'tree')
const ours = join(base, 'ours.tar')

beforeAll(() => {
  mkdirSync(tree)
  fillOverlayTree(tree)
  // Other programs know nothing of overlay's marks, and GNU tar links regular files only.
  removeTrees(['removed', 'dir/removed-too', 'opaque', 'fifo-hard'].map((path) => join(tree, path)))
  const fd = openSync(ours, 'w')
  const writer = createLayerTarWriter((chunk) => writeSync(fd, chunk))
  writeTree(tree, writer)
  writer.finish()
  closeSync(fd)
})
afterAll(() => removeTrees([base]))

const fresh = (name: string): string => {
  const path = join(base, name)
  mkdirSync(path)
  return path
}

const comparable = (entries: readonly LayerEntry[]): readonly unknown[] =>
  entries.map((entry) => {
    if (entry.kind === 'whiteout') return entry
    const { inode: _, ...rest } = entry
    return { ...rest, mtimeNsec: 0 }
  })

describe('GNU tar', () => {
  it('unpacks our tars to the same tree', () => {
    const directory = fresh('by-gnu')
    execFileSync('tar', ['-xpf', ours, '-C', directory, '--xattrs', '--xattrs-include=*', '--same-owner'])
    expect(comparable(treeEntries(directory))).toEqual(comparable(treeEntries(tree)))
  })

  it.each([
    ['gnu', ['--format=gnu']],
    [
      'posix',
      ['--format=posix', '--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability'],
    ],
  ])('writes tars that we unpack to the same tree: %s', (format, flags) => {
    const path = join(base, `gnu-${format}.tar`)
    execFileSync('tar', ['-cf', path, ...flags, '--numeric-owner', '-C', tree, '.'])
    const directory = fresh(`from-gnu-${format}`)
    applyTar(path, directory)
    const strip = (entries: readonly LayerEntry[]): readonly LayerEntry[] =>
      format === 'posix'
        ? entries
        : entries.map((entry) => {
            if (entry.kind === 'whiteout') return entry
            const { xattrs: _, ...rest } = entry
            return rest
          })
    expect(comparable(treeEntries(directory))).toEqual(comparable(strip(treeEntries(tree))))
  })
})

const pythonList = `
import tarfile, sys
with tarfile.open(sys.argv[1], encoding='utf-8', errors='surrogateescape') as t:
    for m in t:
        out = (m.name, m.type.decode(), m.mode, m.uid, m.gid, m.size, int(m.mtime), m.linkname, m.devmajor, m.devminor)
        sys.stdout.buffer.write(('\\t'.join(map(str, out)) + '\\n').encode('utf-8', 'surrogateescape'))
`

describe("Python's tarfile", () => {
  it('lists our tars as we meant them', () => {
    const lines = execFileSync('python3', ['-c', pythonList, ours]).toString('latin1').trimEnd().split('\n')
    const flags = { file: 0, hardlink: 1, symlink: 2, char: 3, block: 4, directory: 5, fifo: 6, socket: -1 }
    const expected = treeEntries(tree).map((entry) => {
      if (entry.kind === 'whiteout') throw new Error('no whiteouts here')
      const type = entry.hardlink === undefined ? flags[entry.type] : flags.hardlink
      const mode = entry.type === 'symlink' ? 0o777 : entry.mode
      const link = entry.hardlink ?? entry.linkName ?? ''
      const size = entry.hardlink === undefined ? entry.size : 0
      const numbers = [type, mode, entry.uid, entry.gid, size, entry.mtime]
      const bytes = Buffer.from(entry.path.replace('\udce9', '\u0001'))
      const name = bytes.toString('latin1').replace('\u0001', '\xe9')
      const device = entry.hardlink === undefined ? [entry.major ?? 0, entry.minor ?? 0] : [0, 0]
      return [name, ...numbers, link, ...device].join('\t')
    })
    expect(lines).toEqual(expected)
  })

  it.each(['USTAR_FORMAT', 'GNU_FORMAT', 'PAX_FORMAT'])('writes tars that we read: %s', (format) => {
    const source = fresh(`python-${format}`)
    mkdirSync(join(source, 'd'))
    writeFileSync(join(source, 'd/f'), 'python', { mode: 0o751 })
    if (format !== 'USTAR_FORMAT') writeFileSync(join(source, `d/${'ü'.repeat(100)}`), 'long')
    const path = join(base, `${format}.tar`)
    const script = `import tarfile, sys
with tarfile.open(sys.argv[1], 'w', format=tarfile.${format}) as t: t.add(sys.argv[2], arcname='')`
    execFileSync('python3', ['-c', script, path, source])
    const directory = fresh(`from-python-${format}`)
    applyTar(path, directory)
    expect(comparable(treeEntries(directory))).toEqual(comparable(treeEntries(source)))
  })
})
