import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scanTree } from '../../../../src/foundation/native/index.ts'
import { parseReference } from '../../../../src/foundation/oci/index.ts'
import {
  exportLocal,
  exportTar,
  exportTars,
  saveOciArchive,
  writeTargetFile,
} from '../../../../src/store/archive/index.ts'
import { richImage, richLayers, scratchStore } from '../../../support/image-store.ts'
import { mergedListing } from '../../../support/merged-listing.ts'

describe('exportTar', () => {
  it('is a layer that holds what the stack holds, without whiteouts', async () => {
    using store = scratchStore()
    const stack = richLayers(store)
    const path = join(store.directory, 'root.tar')
    const { diffId } = await writeTargetFile(path, (sink) => Promise.resolve(exportTar(store, stack, sink)))
    const bytes = readFileSync(path)
    expect(bytes.includes('.wh.')).toBe(false)
    const blob = store.content.put(bytes)
    const layer = await store.snapshots.addLayer(
      { ...blob, mediaType: 'application/vnd.oci.image.layer.v1.tar' },
      diffId,
    )
    expect(mergedListing(store.snapshots.union([layer.id]))).toEqual(
      mergedListing(store.snapshots.union(stack)),
    )
  })
})

describe('exportTars', () => {
  it('has each of them below a directory of its own', async () => {
    using store = scratchStore()
    const stack = richLayers(store)
    const placed = ['linux_amd64', 'linux_arm64'].map((directory) => ({ directory, stack }))
    const path = join(store.directory, 'roots.tar')
    await writeTargetFile(path, (sink) => Promise.resolve(exportTars(store, placed, sink)))
    const root = join(store.directory, 'roots')
    mkdirSync(root)
    execFileSync('tar', ['-xpf', path, '-C', root])
    expect(readdirSync(root).sort()).toEqual(['linux_amd64', 'linux_arm64'])
    for (const { directory } of placed) {
      const at = (name: string) => lstatSync(join(root, directory, name))
      expect(at('etc/hosts').ino).toBe(at('etc/hosts.link').ino)
      expect(at('bin/su').mode & 0o7777).toBe(0o4755)
      expect(readlinkSync(join(root, directory, 'etc/link'))).toBe('/etc/hosts')
    }
    expect(lstatSync(join(root, 'linux_amd64/etc/hosts')).ino).not.toBe(
      lstatSync(join(root, 'linux_arm64/etc/hosts')).ino,
    )
  })
})

describe('saveOciArchive', () => {
  it('says of an image what was asked for, besides its name', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    const annotations = { 'com.example.a': 'b' }
    const path = join(store.directory, 'image.tar')
    const index = async (names: readonly string[]) => {
      const named = [{ image, names: names.map(parseReference), annotations }]
      await writeTargetFile(path, (sink) => saveOciArchive(store, named, sink))
      const text = execFileSync('tar', ['-xOf', path, 'index.json']).toString()
      return (JSON.parse(text) as { manifests: readonly { annotations: object }[] }).manifests[0]?.annotations
    }
    expect(await index([])).toEqual(annotations)
    expect(await index(['app:1'])).toMatchObject({ ...annotations, 'org.opencontainers.image.ref.name': '1' })
  })
})

describe('exportLocal', () => {
  it('makes the files with owners, modes, times, links, xattrs and devices', () => {
    using store = scratchStore()
    const target = join(store.directory, 'a/b/root')
    exportLocal(store, richLayers(store), target)
    expect(readdirSync(join(store.directory, 'a/b'))).toEqual(['root'])
    const at = (path: string) => lstatSync(join(target, path))
    expect(at('bin/su').mode & 0o7777).toBe(0o4755)
    expect(at('bin/su').uid).toBe(1234)
    expect(at('tmp').mode & 0o7777).toBe(0o1777)
    expect(at('etc/hosts').ino).toBe(at('etc/hosts.link').ino)
    expect(at('etc/hosts').mtimeMs).toBe(1_234_567_890_000)
    expect(at('etc').mtimeMs).toBe(1_234_567_890_000)
    expect(at('dev/null').isCharacterDevice()).toBe(true)
    expect(at('tmp/pipe').isFIFO()).toBe(true)
    expect(readlinkSync(join(target, 'etc/link'))).toBe('/etc/hosts')
    expect(readdirSync(join(target, 'old'))).toEqual(['\u00fcml\u00e4ut'])
    expect(at('old/\u00fcml\u00e4ut').uid).toBe(3_000_000)
    expect(readdirSync(join(target, 'etc')).sort()).toEqual(['hosts', 'hosts.link', 'link'])
    const ping = scanTree(join(target, 'bin')).find((found) => found.path === 'ping')
    expect(ping?.xattrs?.get('security.capability')?.length).toBe(20)
  })

  it('goes over what is there, and never through a symlink', () => {
    using store = scratchStore()
    const victim = join(store.directory, 'victim')
    const target = join(store.directory, 'root')
    mkdirSync(victim)
    mkdirSync(target)
    writeFileSync(join(target, 'mine'), 'kept')
    symlinkSync(victim, join(target, 'etc'))
    mkdirSync(join(target, 'bin'))
    writeFileSync(join(target, 'bin/su'), 'old')
    exportLocal(store, richLayers(store), target)
    expect(readdirSync(victim)).toEqual([])
    expect(readFileSync(join(target, 'mine'), 'utf8')).toBe('kept')
    expect(readFileSync(join(target, 'bin/su'), 'utf8')).toBe('su')
    expect(lstatSync(join(target, 'etc')).isDirectory()).toBe(true)
    exportLocal(store, richLayers(store), target)
    expect(readdirSync(store.directory).sort()).toEqual(['root', 'store', 'victim'])
  })

  it('follows a link that the caller names, into a file system of its own too', () => {
    using store = scratchStore()
    const target = join(store.directory, 'root')
    mkdirSync(target)
    symlinkSync('root', join(store.directory, 'link'))
    execFileSync('mount', ['-t', 'tmpfs', 'none', target])
    try {
      exportLocal(store, richLayers(store), join(store.directory, 'link'))
      expect(readFileSync(join(target, 'bin/su'), 'utf8')).toBe('su')
      expect(readdirSync(target).filter((name) => name.startsWith('.'))).toEqual([])
    } finally {
      execFileSync('umount', [target])
    }
    expect(readdirSync(store.directory).sort()).toEqual(['link', 'root', 'store'])
  })

  it('refuses to replace a directory or to write into a file', () => {
    using store = scratchStore()
    const target = join(store.directory, 'root')
    mkdirSync(join(target, 'bin/su'), { recursive: true })
    const stack = richLayers(store)
    expect(() => exportLocal(store, stack, target)).toThrow('is a directory')
    writeFileSync(join(store.directory, 'file'), '')
    expect(() => exportLocal(store, stack, join(store.directory, 'file'))).toThrow('is not a directory')
    expect(readdirSync(store.directory).sort()).toEqual(['file', 'root', 'store'])
  })

  it('leaves nothing when it is aborted', () => {
    using store = scratchStore()
    const stack = richLayers(store)
    expect(() =>
      exportLocal(store, stack, join(store.directory, 'root'), { signal: AbortSignal.abort() }),
    ).toThrow('abort')
    expect(readdirSync(store.directory)).toEqual(['store'])
  })
})
