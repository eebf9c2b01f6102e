import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { removeTrees, scanTree } from '../../../../src/foundation/native/index.ts'
import { applyTar, createLayerTarWriter, decompressedIndexOf } from '../../../../src/store/layer/index.ts'
import { paxMember, type RawMember, rawTar } from '../../../support/hostile-tar.ts'

/** Layers that want to reach the host. `victim` plays the host: it must never change. */
const base = mkdtempSync(join(tmpdir(), 'tsbuild-attack-'))
const victim = join(base, 'victim')
let layer = ''
let before = ''

const state = (): string =>
  execFileSync('tar', ['-c', '--numeric-owner', '-C', base, 'victim']).toString('latin1')

beforeEach(() => {
  if (!existsSync(victim)) {
    mkdirSync(join(victim, 'etc'), { recursive: true })
    writeFileSync(join(victim, 'etc/secret'), 'secret', { mode: 0o600 })
  }
  layer = mkdtempSync(join(base, 'layer-'))
  before = state()
})
afterAll(() => removeTrees([base]))

const apply = (...members: readonly (RawMember | Buffer)[]): void => {
  const path = `${layer}.tar`
  writeFileSync(path, rawTar(...members))
  applyTar(path, layer)
}

const refused = (...members: readonly (RawMember | Buffer)[]): void => {
  expect(() => apply(...members)).toThrow(expect.objectContaining({ code: 'bad-layer' }))
  expect(state()).toBe(before)
}

const link = (name: string, target: string): RawMember => ({ name, type: '2', link: target })

describe('names that climb', () => {
  it.each(['../victim/etc/x', 'a/../../victim/x', '..', './../victim/etc/secret'])('%s is refused', (name) =>
    refused({ name, body: 'evil' }),
  )

  it('absolute names land inside', () => {
    apply({ name: `${victim}/etc/x`, body: 'evil' })
    expect(state()).toBe(before)
    expect(readFileSync(join(layer, victim, 'etc/x'), 'latin1')).toBe('evil')
  })
})

describe('symlinks', () => {
  it.each([
    ['absolute', () => victim],
    ['climbing', () => `../../../../../../../..${victim}`],
  ])('a write through an %s one stays inside', (_, target) => {
    apply(link('a', target()), { name: 'a/etc/secret', body: 'evil' }, { name: 'a/etc/.wh.gone' })
    expect(state()).toBe(before)
    expect(readlinkSync(join(layer, 'a'))).toBe(target())
    expect(readFileSync(join(layer, victim, 'etc/secret'), 'latin1')).toBe('evil')
  })

  it('chains, and links in the place of parents made before, stay inside', () => {
    apply(
      { name: 'd/f', body: '1' },
      link('d', victim),
      { name: 'd/etc/secret', body: 'evil' },
      link('b', 'd'),
      { name: 'b/etc/more', body: 'evil' },
    )
    expect(state()).toBe(before)
    expect(readFileSync(join(layer, victim, 'etc/more'), 'latin1')).toBe('evil')
  })

  it('the root cannot become one', () => refused(link('.', victim), { name: 'etc/secret', body: 'evil' }))

  it('a file over one replaces it', () => {
    apply(link('etc', join(victim, 'etc')), { name: 'etc', body: 'file' }, link('x', victim), {
      name: 'x/',
      type: '5',
    })
    expect(state()).toBe(before)
    expect(readFileSync(join(layer, 'etc'), 'latin1')).toBe('file')
    expect(lstatSync(join(layer, 'x')).isDirectory()).toBe(true)
  })

  it('metadata are set on the link, not behind it', () => {
    apply({ ...link('l', join(victim, 'etc/secret')), uid: 1234, mode: 0o777, mtime: 5 })
    expect(state()).toBe(before)
    expect(lstatSync(join(layer, 'l')).uid).toBe(1234)
  })
})

describe('hard links', () => {
  it.each([
    ['climbing', '../victim/etc/secret'],
    ['absolute', join(victim, 'etc/secret')],
    ['relative to the working directory', 'package.json'],
  ])('%s is refused', (_, target) => refused({ name: 'x', type: '1', link: target }))

  it('through a symlink is refused', () => {
    refused(link('s', join(victim, 'etc')), { name: 'x', type: '1', link: 's/secret' })
  })

  it('to a symlink links the symlink', () => {
    apply(link('s', join(victim, 'etc/secret')), { name: 'x', type: '1', link: 's' })
    expect(lstatSync(join(layer, 'x')).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(layer, 'x')).nlink).toBe(2)
    expect(state()).toBe(before)
  })
})

describe('whiteouts', () => {
  it.each(['.wh.', '.wh..', '.wh...', 'a/.wh.', 'a/.wh..', '.wh..wh.x', '.wh..wh..opq/x'])(
    '%s is refused',
    (name) => refused({ name }),
  )

  it('through symlinks delete nothing on the host', () => {
    apply(link('etc', join(victim, 'etc')), { name: 'etc/.wh.secret' }, { name: 'etc/.wh..wh..opq' })
    expect(state()).toBe(before)
  })

  it('become nodes that overlay understands, also as forged devices', () => {
    apply({ name: 'd/.wh.x' }, { name: 'forged', type: '3' })
    const entries = new Map(scanTree(layer).map((entry) => [entry.path, entry]))
    for (const path of ['d/x', 'forged'])
      expect(entries.get(path)).toMatchObject({ type: 'char', major: 0, minor: 0 })
    expect(decompressedIndexOf(`${layer}.tar`).filter((entry) => entry.kind === 'whiteout')).toHaveLength(2)
  })
})

describe('special files', () => {
  it('are made as they are and never opened', () => {
    apply({ name: 'fifo', type: '6' }, { name: 'disk', type: '4', major: 8, minor: 0, mode: 0o666 })
    const entries = new Map(scanTree(layer).map((entry) => [entry.path, entry]))
    expect(entries.get('fifo')).toMatchObject({ type: 'fifo' })
    expect(entries.get('disk')).toMatchObject({ type: 'block', major: 8, mode: 0o666 })
  })

  it('in the place of a file end the writing of a layer instead of hanging it', () => {
    execFileSync('mkfifo', [join(layer, 'passwd')])
    execFileSync('mknod', [join(layer, 'zero'), 'c', '1', '5'])
    const add = (path: string): void =>
      createLayerTarWriter().add(
        { kind: 'add', path: 'f', type: 'file', mode: 0, uid: 0, gid: 0, size: 10, mtime: 0, mtimeNsec: 0 },
        { kind: 'range', path: join(layer, path), offset: 0, size: 10 },
      )
    for (const path of ['passwd', 'zero'])
      expect(() => add(path)).toThrow(expect.objectContaining({ code: 'file-changed' }))
  })
})

it('forged overlay attributes do not reach the tree', () => {
  const names = [
    'trusted.overlay.redirect',
    'trusted.overlay.metacopy',
    'trusted.overlay.opaque',
    'user.overlay.opaque',
  ]
  const records = Object.fromEntries(names.map((name) => [`SCHILY.xattr.${name}`, '/etc/shadow']))
  apply(paxMember({ ...records, 'SCHILY.xattr.user.fine': 'kept' }), { name: 'd/', type: '5' })
  const directory = scanTree(layer).find((entry) => entry.path === 'd')
  expect([...(directory?.xattrs?.keys() ?? [])]).toEqual(['user.fine'])
})

it('a file that claims to be huge costs neither memory nor disk', () => {
  const path = `${layer}.tar`
  writeFileSync(path, rawTar({ name: 'huge', size: 0o77777777777 }))
  const memory = process.memoryUsage().rss
  expect(() => applyTar(path, layer)).toThrow(expect.objectContaining({ code: 'bad-layer' }))
  expect(() => decompressedIndexOf(path)).toThrow(expect.objectContaining({ code: 'bad-layer' }))
  expect(process.memoryUsage().rss - memory).toBeLessThan(64 * 1024 * 1024)
  expect(lstatSync(join(layer, 'huge')).blocks).toBeLessThan(64)
})

it('limits on members hold while unpacking', () => {
  const path = `${layer}.tar`
  writeFileSync(path, rawTar(...Array.from({ length: 20 }, (_, i) => ({ name: `f${i}` }))))
  expect(() => applyTar(path, layer, { maxEntries: 10 })).toThrow(
    expect.objectContaining({ code: 'bad-layer' }),
  )
  expect(readdirSync(layer)).toHaveLength(10)
})

it('a directory 2000 levels deep is unpacked or refused, without recursion', () => {
  expect(() => apply(paxMember({ path: `${'d/'.repeat(1900)}f` }), { name: 'x' })).not.toThrow()
  expect(scanTree(layer)).toHaveLength(1902)
})
