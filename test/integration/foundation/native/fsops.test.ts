import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  applySpecials,
  type FsOp,
  NativeError,
  removeTrees,
  scanTree,
  syncFilesystem,
} from '../../../../src/foundation/native/index.ts'
import { fillOverlayTree } from '../../../support/overlay-tree.ts'

const base = mkdtempSync(join(tmpdir(), 'tsbuild-fsops-'))
afterAll(() => removeTrees([base]))

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(base, 'tree-'))
})

/** Nested 5000 deep: far beyond what one path can name. */
const nest = (root: string, depth: number): void => {
  execFileSync('python3', [
    '-c',
    `import os
os.chdir(${JSON.stringify(root)})
for _ in range(${depth}):
    os.mkdir('deep'); os.chdir('deep')
open('bottom', 'w').close()`,
  ])
}

describe('scanTree', () => {
  it('agrees with lstat about everything', () => {
    fillOverlayTree(directory)
    const entries = scanTree(directory)
    expect(entries[0]?.path).toBe('')
    expect(entries).toHaveLength(execFileSync('find', [directory, '-printf', 'x']).length)
    for (const entry of entries) {
      if (entry.path.includes('\udce9')) continue
      const path = join(directory, entry.path)
      const stat = lstatSync(path, { bigint: true })
      expect(entry, entry.path).toMatchObject({
        mode: Number(stat.mode & 0o7777n),
        uid: Number(stat.uid),
        gid: Number(stat.gid),
        size: stat.isFile() ? Number(stat.size) : 0,
        mtimeNsec: Number(((stat.mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n),
      })
      expect(entry.mtime).toBe(Math.floor(Number(stat.mtimeMs) / 1000))
      if (stat.isSymbolicLink()) expect(entry.linkName).toBe(readlinkSync(path))
    }
    const find = (path: string): unknown => entries.find((entry) => entry.path === path)
    expect(find('block')).toMatchObject({ type: 'block', major: 259, minor: 70000 })
    expect(find('removed')).toMatchObject({ type: 'char', major: 0, minor: 0 })
    expect(find('caf\udce9')).toMatchObject({ type: 'file', size: 6 })
    expect(find('opaque')).toMatchObject({ xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')]]) })
  })

  it('tells hard links by their inode', () => {
    fillOverlayTree(directory)
    const inodes = scanTree(directory).filter((entry) => entry.inode !== undefined)
    const first = inodes.find((entry) => entry.path === 'dir/file')?.inode
    expect(inodes.filter((entry) => entry.inode === first).map((entry) => entry.path)).toEqual([
      'a-hard',
      'dir/file',
      'z-hard',
    ])
    expect(inodes).toHaveLength(5)
  })

  it('walks 5000 directories deep, and removeTrees removes them', () => {
    nest(directory, 5000)
    const entries = scanTree(directory)
    expect(entries).toHaveLength(5002)
    expect(entries.at(-1)?.path).toBe(`${'deep/'.repeat(5000)}bottom`)
    removeTrees([directory])
    expect(existsSync(directory)).toBe(false)
  })

  it('lists 50,000 files', () => {
    const root = mkdtempSync('/dev/shm/tsbuild-scan-')
    try {
      for (let d = 0; d < 500; d++) {
        mkdirSync(join(root, `d${d}`))
        for (let f = 0; f < 100; f++) writeFileSync(join(root, `d${d}/f${f}`), '')
      }
      const start = performance.now()
      expect(scanTree(root)).toHaveLength(50_501)
      process.stdout.write(`scan of 50,000 files: ${Math.round(performance.now() - start)} ms\n`)
    } finally {
      removeTrees([root])
    }
  })

  it('does not enter mounts', () => {
    mkdirSync(join(directory, 'mount'))
    // In a namespace of its own, so that nothing stays mounted; the helper is started from there.
    const script = `mount --make-rprivate / && mount -t tmpfs none '${directory}/mount' && "$0" fsops scan '${directory}' 2>&1 | tr '\\0' ' '; "$0" fsops rmtree < '${base}/list' 2>&1 | tr '\\0' ' '; ls '${directory}'`
    writeFileSync(join(base, 'list'), `${directory}/mount\0`)
    const helper = join(process.cwd(), 'native/build/tsbuild-native')
    const output = execFileSync('unshare', ['-m', 'sh', '-c', script, helper], { encoding: 'latin1' })
    expect(output).toContain('EXDEV')
    expect(output).toMatch(/mount\n$/)
  })

  it('removes a tree that another process removes at the same time', () => {
    for (let i = 0; i < 2_000; i++)
      mkdirSync(join(directory, 'many', `${i % 50}`, `${i}`), { recursive: true })
    writeFileSync(join(base, 'list'), `${directory}/many\0`)
    const remove = `"$0" fsops rmtree < '${base}/list'`
    const script = `${remove} & first=$!; ${remove} & second=$!; wait $first && wait $second`
    execFileSync('sh', ['-c', script, join(process.cwd(), 'native/build/tsbuild-native')])
    expect(existsSync(join(directory, 'many'))).toBe(false)
  })

  it('reports what is missing', () => {
    expect(() => scanTree(join(directory, 'missing'))).toThrow(NativeError)
    expect(() => scanTree(join(directory, 'missing'))).toThrow(expect.objectContaining({ errno: 'ENOENT' }))
  })
})

describe('applySpecials', () => {
  it('makes what Node cannot', () => {
    mkdirSync(join(directory, 'd'))
    const skipped = applySpecials(directory, [
      { op: 'mknod', path: 'd/whiteout', type: 'char', mode: 0, major: 0, minor: 0 },
      { op: 'mknod', path: 'd/null', type: 'char', mode: 0o666, major: 1, minor: 3 },
      { op: 'mknod', path: 'd/fifo', type: 'fifo', mode: 0o1622, major: 0, minor: 0 },
      { op: 'symlink', path: 'link\udcff', target: 'nowhere\udcfe' },
      { op: 'link', path: 'hard', target: 'd/fifo' },
      { op: 'owner', path: 'link\udcff', uid: 4_000_000_000, gid: 5 },
      { op: 'times', path: 'link\udcff', mtime: -1, mtimeNsec: 999_999_999 },
      { op: 'xattr', path: 'd', name: 'trusted.overlay.opaque', value: Buffer.from('y') },
      { op: 'xattr', path: 'link\udcff', name: 'user.x', value: Buffer.from('y'), optional: true },
      { op: 'mode', path: 'd', mode: 0o2500 },
      { op: 'times', path: '', mtime: 9, mtimeNsec: 1 },
    ])
    // user.* is not allowed on symlinks.
    expect(skipped).toEqual([{ path: 'link\ufffd', name: 'user.x' }])
    const entries = new Map(scanTree(directory).map((entry) => [entry.path, entry]))
    expect(entries.get('d')).toMatchObject({
      mode: 0o2500,
      xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')]]),
    })
    expect(entries.get('d/whiteout')).toMatchObject({ type: 'char', mode: 0, major: 0, minor: 0 })
    expect(entries.get('d/null')).toMatchObject({ type: 'char', mode: 0o666, major: 1, minor: 3 })
    expect(entries.get('d/fifo')).toMatchObject({ type: 'fifo', mode: 0o1622 })
    expect(entries.get('hard')?.inode).toBe(entries.get('d/fifo')?.inode)
    expect(entries.get('link\udcff')).toMatchObject({
      linkName: 'nowhere\udcfe',
      uid: 4_000_000_000,
      gid: 5,
      mtime: -1,
      mtimeNsec: 999_999_999,
    })
    expect(entries.get('')).toMatchObject({ mtime: 9, mtimeNsec: 1 })
  })

  it('never leaves the directory or passes a symlink', () => {
    const outside = join(base, 'outside')
    mkdirSync(outside, { recursive: true })
    symlinkSync(outside, join(directory, 'evil'))
    symlinkSync('.', join(directory, 'self'))
    writeFileSync(join(directory, 'file'), '')
    const attempts: readonly FsOp[] = [
      { op: 'symlink', path: 'evil/x', target: 'y' },
      { op: 'symlink', path: 'self/x', target: 'y' },
      { op: 'symlink', path: '../outside/x', target: 'y' },
      { op: 'symlink', path: `${outside}/x`, target: 'y' },
      { op: 'symlink', path: 'a/../../outside/x', target: 'y' },
      { op: 'link', path: 'y', target: 'evil/secret' },
      { op: 'link', path: 'y', target: '../outside' },
      { op: 'mode', path: 'evil', mode: 0 },
      { op: 'owner', path: '..', uid: 1, gid: 1 },
      { op: 'symlink', path: '.', target: 'y' },
      { op: 'symlink', path: 'x/', target: 'y' },
    ]
    writeFileSync(join(outside, 'secret'), '')
    for (const attempt of attempts)
      expect(() => applySpecials(directory, [attempt]), JSON.stringify(attempt)).toThrow(NativeError)
    expect(readdirSync(outside)).toEqual(['secret'])
    expect(statSync(outside).mode & 0o777).toBe(0o755)
    expect(readdirSync(directory).sort()).toEqual(['evil', 'file', 'self'])
  })

  it('changes the link itself, not its target', () => {
    writeFileSync(join(directory, 'target'), '')
    symlinkSync('target', join(directory, 'link'))
    applySpecials(directory, [
      { op: 'owner', path: 'link', uid: 7, gid: 7 },
      { op: 'times', path: 'link', mtime: 7, mtimeNsec: 0 },
    ])
    expect(statSync(join(directory, 'link')).uid).toBe(0)
    expect(lstatSync(join(directory, 'link'))).toMatchObject({ uid: 7, mtimeMs: 7000 })
  })

  it('stops at the first failure and names it', () => {
    const batch: FsOp[] = ['a', 'a', 'b'].map((path) => ({ op: 'symlink', path, target: 'x' }))
    expect(() => applySpecials(directory, batch)).toThrow(
      expect.objectContaining({ errno: 'EEXIST', arg: 'a', step: 'apply-s' }),
    )
    expect(readdirSync(directory)).toEqual(['a'])
  })

  it('does not pass over attributes that must be there', () => {
    const batch: FsOp[] = [
      { op: 'symlink', path: 'l', target: 'x' },
      { op: 'xattr', path: 'l', name: 'user.x', value: Buffer.from('y') },
    ]
    expect(() => applySpecials(directory, batch)).toThrow(expect.objectContaining({ errno: 'EPERM' }))
  })
})

describe('removeTrees', () => {
  it('removes files, trees and links, but nothing behind links', () => {
    const outside = join(base, 'kept')
    mkdirSync(join(outside, 'inner'), { recursive: true })
    fillOverlayTree(directory)
    symlinkSync(outside, join(directory, 'to-outside'))
    symlinkSync(outside, join(base, 'top-link'))
    writeFileSync(join(base, 'plain'), '')
    linkSync(join(base, 'plain'), join(outside, 'linked'))
    removeTrees([directory, join(base, 'top-link'), join(base, 'plain'), join(base, 'not-there')])
    for (const gone of [directory, join(base, 'top-link'), join(base, 'plain')])
      expect(existsSync(gone)).toBe(false)
    expect(readdirSync(outside).sort()).toEqual(['inner', 'linked'])
  })

  it('goes on after a failure and reports it', () => {
    expect(() => removeTrees([`${directory}/..`, directory])).toThrow(
      expect.objectContaining({ errno: 'EINVAL' }),
    )
    expect(existsSync(directory)).toBe(false)
    rmSync(directory, { recursive: true, force: true })
  })
})

it('syncFilesystem syncs, or says why not', () => {
  expect(() => syncFilesystem(directory)).not.toThrow()
  expect(() => syncFilesystem(join(directory, 'missing'))).toThrow(NativeError)
})
