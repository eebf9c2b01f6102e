import { describe, expect, it } from 'vitest'
import { createTarParser } from '../../../../src/store/layer/index.ts'
import { createLayerTable } from '../../../../src/store/layer/layer-table.ts'
import { paxMember, type RawMember, rawTar } from '../../../support/hostile-tar.ts'

/** The table as `path type-or-role` lines, and the events on the way. */
const build = (
  ...members: readonly (RawMember | Buffer)[]
): { readonly tree: readonly string[]; readonly events: string[] } => {
  const events: string[] = []
  const table = createLayerTable({
    directory: (path) => events.push(`mkdir ${path}`),
    removed: (path, type) => events.push(`remove ${type} ${path}`),
    linked: (path, target) => events.push(`link ${path} ${target}`),
  })
  const parser = createTarParser({ member: (member) => void table.place(member) })
  parser.push(rawTar(...members))
  parser.end()
  const tree = table.entries().map((entry) => {
    if (entry.kind === 'whiteout') return `${entry.path} whiteout`
    const marks = [
      entry.implied && 'implied',
      entry.opaque && 'opaque',
      entry.hardlink && `= ${entry.hardlink}`,
    ]
    return [entry.path, entry.type, ...marks.filter(Boolean)].join(' ')
  })
  return { tree, events }
}

const dir = (name: string): RawMember => ({ name: `${name}/`, type: '5' })
const link = (name: string, target: string): RawMember => ({ name, type: '2', link: target })
const hard = (name: string, target: string): RawMember => ({ name, type: '1', link: target })
const bad = (reason: RegExp): unknown =>
  expect.objectContaining({ code: 'bad-layer', message: expect.stringMatching(reason) })

describe('symlinks of the layer itself', () => {
  it.each([
    ['absolute', '/real/deep'],
    ['relative', 'real/deep'],
    ['climbing above the root', '../../../real/deep'],
    ['with dots and slashes', './/real/./x/../deep/'],
  ])('are followed inside the root: %s', (_, target) => {
    const { tree } = build(dir('real'), dir('real/x'), link('s', target), { name: 's/f' })
    expect(tree).toContain('real/deep/f file')
    expect(tree).toContain('s symlink')
  })

  it('lead to implied directories where nothing is', () => {
    expect(build(link('a', '/host'), { name: 'a/f' }).tree).toEqual([
      'a symlink',
      'host directory implied',
      'host/f file',
    ])
  })

  it('may not loop or go through files', () => {
    expect(() => build(link('a', 'b'), link('b', 'a'), { name: 'a/f' })).toThrow(bad(/too many symlinks/))
    expect(() => build({ name: 'f' }, { name: 'f/x' })).toThrow(bad(/goes through a file/))
  })

  it('may not make a path longer than the system takes', () => {
    const long = Array.from({ length: 15 }, () => 'd'.repeat(250)).join('/')
    const name = `s/${'e'.repeat(200)}/${'e'.repeat(200)}/f`
    const members = [paxMember({ linkpath: long }), link('s', 'x'), paxMember({ path: name }), { name: 'x' }]
    expect(() => build(...members)).toThrow(bad(/path too long/))
  })

  it('are not followed in the last component', () => {
    expect(build(dir('d'), link('s', 'd'), { name: 's' }).tree).toEqual(['d directory', 's file'])
  })
})

describe('replacement', () => {
  it('symlink by file, by directory, and back', () => {
    expect(build(link('x', 'y'), { name: 'x' }).tree).toEqual(['x file'])
    expect(build(link('x', 'y'), dir('x'), { name: 'x/f' }).tree).toEqual(['x directory', 'x/f file'])
    const back = build(dir('x'), { name: 'x/f' }, link('x', 'y'))
    expect(back.tree).toEqual(['x symlink'])
    expect(back.events).toEqual(['mkdir x', 'remove directory x'])
  })

  it('forgets a removed directory that was used a moment ago', () => {
    const { tree } = build(dir('x'), { name: 'x/f' }, { name: 'x' }, dir('x'), { name: 'x/g' })
    expect(tree).toEqual(['x directory', 'x/g file'])
  })

  it('keeps the children of a directory that comes again', () => {
    expect(build({ name: 'd/f' }, dir('d')).tree).toEqual(['d directory', 'd/f file'])
  })

  it('refuses a root that is no directory', () => {
    expect(() => build(link('.', '/host'))).toThrow(bad(/root is a symlink/))
    expect(() => build({ name: './' })).toThrow(bad(/root is a file/))
  })
})

describe('hard links', () => {
  it('are told by the first path in order, whichever was written first', () => {
    const { tree, events } = build({ name: 'z' }, hard('a', 'z'), hard('m', './a'))
    expect(tree).toEqual(['a file', 'm file = a', 'z file = a'])
    expect(events).toEqual(['link a z', 'link m a'])
  })

  it('survive the replacement of their target', () => {
    expect(build({ name: 'a' }, hard('b', 'a'), dir('a')).tree).toEqual(['a directory', 'b file'])
  })

  it('reach symlinks and devices without following', () => {
    const { tree, events } = build(
      link('s', '/etc'),
      hard('t', 's'),
      { name: 'n', type: '6' },
      hard('o', 'n'),
    )
    expect(tree).toEqual(['n fifo', 'o fifo = n', 's symlink', 't symlink = s'])
    expect(events).toEqual([])
  })

  it.each([
    ['outside the layer', [hard('x', 'etc/shadow')]],
    ['to a directory', [dir('d'), hard('x', 'd')]],
    ['through a symlink to nowhere', [link('s', '/host'), hard('x', 's/secret')]],
    ['to a removed name', [{ name: '.wh.f' }, hard('x', 'f')]],
    ['in place of their target', [{ name: 'd/f' }, hard('d', 'd/f')]],
  ])('are refused %s', (_, members) => {
    expect(() => build(...members)).toThrow(bad(/hard link/))
  })

  it('to themselves change nothing', () => {
    expect(build({ name: 'a' }, hard('a', 'a')).tree).toEqual(['a file'])
  })
})

describe('whiteouts', () => {
  it('act on lower layers only, in whatever order they come', () => {
    expect(build({ name: '.wh.d' }, dir('d'), { name: 'd/f' }).tree).toEqual([
      'd directory opaque',
      'd/f file',
    ])
    expect(build({ name: 'd/f' }, { name: '.wh.d' }).tree).toEqual(['d directory implied opaque', 'd/f file'])
    expect(build({ name: 'f' }, { name: '.wh.f' }).tree).toEqual(['f file'])
    expect(build({ name: '.wh.f' }, { name: 'f' }).tree).toEqual(['f file'])
    expect(build({ name: '.wh.d' }, { name: 'd/f' }).tree).toEqual(['d directory implied opaque', 'd/f file'])
  })

  it('go through symlinks of the layer inside the root only', () => {
    expect(build(link('etc', '/host'), { name: 'etc/.wh.victim' }).tree).toEqual([
      'etc symlink',
      'host directory implied',
      'host/victim whiteout',
    ])
    expect(build(link('etc', '/host'), { name: 'etc/.wh..wh..opq' }).tree).toEqual([
      'etc symlink',
      'host directory implied opaque',
    ])
  })

  it('can empty the root', () => {
    expect(build({ name: '.wh..wh..opq' }).tree).toEqual([' directory implied opaque'])
  })
})
