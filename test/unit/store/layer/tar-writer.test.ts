import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createLayerTarWriter,
  createTarParser,
  type LayerAddition,
  type LayerEntry,
  type LayerTarResult,
  type TarMember,
} from '../../../../src/store/layer/index.ts'

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 1, mtimeNsec: 0 } as const
const file = (path: string, more: Partial<LayerAddition> = {}): LayerAddition => ({
  ...base,
  path,
  type: 'file',
  ...more,
})
const directory = (path: string, more: Partial<LayerAddition> = {}): LayerAddition => ({
  ...base,
  path,
  type: 'directory',
  mode: 0o755,
  ...more,
})

interface Written extends LayerTarResult {
  readonly tar: Buffer
}

const write = (entries: readonly (readonly [LayerEntry, string?] | LayerEntry)[]): Written => {
  const chunks: Buffer[] = []
  const writer = createLayerTarWriter((chunk) => chunks.push(Buffer.from(chunk)))
  for (const item of entries) {
    const [entry, text] = 'kind' in item ? [item] : item
    const bytes = Buffer.from(text ?? '')
    if (entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined)
      writer.add({ ...entry, size: bytes.length }, { kind: 'bytes', bytes })
    else writer.add(entry)
  }
  return { ...writer.finish(), tar: Buffer.concat(chunks) }
}

const members = (tar: Uint8Array): readonly TarMember[] => {
  const found: TarMember[] = []
  const parser = createTarParser({ member: (member) => found.push(member) })
  parser.push(tar)
  parser.end()
  return found
}

const typeFlags = (tar: Buffer): string => {
  let flags = ''
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8)
    flags += String.fromCharCode(tar[at + 156] ?? 0)
    at += 512 + Math.ceil(size / 512) * 512
  }
  return flags
}

describe('header', () => {
  it('is plain ustar where ustar can say it', () => {
    const { tar, diffId, size } = write([
      [file('etc/motd', { mode: 0o4755, uid: 1000, gid: 0o7777777 }), 'hi'],
    ])
    expect(tar.length).toBe(512 + 512 + 1024)
    expect(size).toBe(tar.length)
    expect(diffId).toBe(`sha256:${createHash('sha256').update(tar).digest('hex')}`)
    expect(tar.toString('latin1', 0, 9)).toBe('etc/motd\0')
    expect(tar.toString('latin1', 100, 157)).toBe(
      `0004755\x000001750\x007777777\x0000000000002\x0000000000001\x00${tar.toString('latin1', 148, 156)}0`,
    )
    expect(tar.toString('latin1', 257, 265)).toBe('ustar\x0000')
    expect(tar.subarray(265, 329)).toEqual(Buffer.alloc(64))
  })

  it('splits names of up to 256 bytes over name and prefix', () => {
    const path = `${'d'.repeat(155)}/${'f'.repeat(100)}`
    const { tar } = write([file(path)])
    expect(typeFlags(tar)).toBe('0')
    expect(tar.toString('latin1', 345, 500)).toBe('d'.repeat(155))
    expect(members(tar)).toMatchObject([{ entry: { path } }])
  })

  it.each([
    ['a name that cannot be split', file(`d/${'f'.repeat(101)}`)],
    ['a name that is not ASCII', file('é')],
    ['a name that is not UTF-8', file('caf\udce9/\udcff')],
    ['a big uid', file('f', { uid: 0o10000000 })],
    ['the biggest gid', file('f', { gid: 0xfffffffe })],
    ['a time before 1970', file('f', { mtime: -5 })],
    ['a time after 2242', file('f', { mtime: 0o100000000000 })],
    [
      'a long link target',
      { ...file('l'), type: 'symlink', linkName: 't'.repeat(101), mode: 0o777 } as const,
    ],
    [
      'binary xattrs',
      file('f', { xattrs: new Map([['security.capability', Buffer.from([1, 0, 0xff, 0x80, 10])]]) }),
    ],
    ['an empty xattr', file('f', { xattrs: new Map([['user.empty', Buffer.alloc(0)]]) })],
    ['an xattr name with = and %', file('f', { xattrs: new Map([['user.a=b%3D', Buffer.from('v')]]) })],
  ])('needs PAX for %s, and says it whole', (_, entry) => {
    const { tar } = write([entry])
    expect(typeFlags(tar)).toMatch(/^x[02]$/)
    expect(members(tar)).toEqual([{ kind: 'add', entry, offset: expect.any(Number) }])
  })

  it('truncates times to seconds', () => {
    const { tar, index } = write([file('f', { mtimeNsec: 999_999_999 })])
    expect(members(tar)).toMatchObject([{ entry: { mtime: 1, mtimeNsec: 0 } }])
    expect(index).toMatchObject([{ mtimeNsec: 0 }])
  })

  it('leaves out what does not belong in a layer', () => {
    const names = [
      'trusted.overlay.opaque',
      'user.overlay.origin',
      'security.selinux',
      'trusted.md5',
      'user.ok',
    ]
    const { tar } = write([file('f', { xattrs: new Map(names.map((name) => [name, Buffer.from('x')])) })])
    expect(members(tar)).toMatchObject([{ entry: { xattrs: new Map([['user.ok', Buffer.from('x')]]) } }])
  })
})

describe('entries', () => {
  it('writes every type', () => {
    const device = { ...base, major: 8, minor: 1 }
    const entries: LayerEntry[] = [
      directory('a', { opaque: true }),
      { ...device, path: 'a/block', type: 'block' },
      { ...device, path: 'a/char', type: 'char' },
      { ...base, path: 'a/fifo', type: 'fifo' },
      file('a/file'),
      file('a/hard', { hardlink: 'a/file' }),
      { ...base, path: 'a/soft', type: 'symlink', linkName: '../x', mode: 0o777 },
      { kind: 'whiteout', path: 'b' },
    ]
    const { tar } = write(entries)
    expect(typeFlags(tar)).toBe('50436' + '0' + '120')
    const [, opaque, ...rest] = members(tar)
    expect(opaque).toEqual({ kind: 'opaque', path: 'a' })
    expect(rest.at(-1)).toEqual({ kind: 'whiteout', path: 'b' })
    expect(rest.slice(0, -1).map((m) => m.kind === 'add' && m.entry)).toEqual(entries.slice(1, -1))
  })

  it('leaves sockets out', () => {
    expect(write([{ ...base, path: 's', type: 'socket' }]).index).toEqual([])
  })

  it('lists missing parents in the index only', () => {
    const { tar, index } = write([file('a/b/c'), file('a/d')])
    expect(index.map((e) => [e.path, e.kind === 'add' && e.implied])).toEqual([
      ['a', true],
      ['a/b', true],
      ['a/b/c', undefined],
      ['a/d', undefined],
    ])
    expect(typeFlags(tar)).toBe('00')
  })

  it('tells offsets and digests, known or computed', () => {
    const writer = createLayerTarWriter(undefined, { contentDigests: true })
    const bytes = Buffer.from('hello')
    writer.add(file('a', { size: 5 }), { kind: 'bytes', bytes })
    writer.add(file('b', { size: 5 }), { kind: 'bytes', bytes }, 'ab'.repeat(32))
    expect(writer.finish().index).toMatchObject([
      { offset: 512, contentDigest: createHash('sha256').update(bytes).digest('hex') },
      { offset: 1536, contentDigest: 'ab'.repeat(32) },
    ])
  })

  it.each([
    ['siblings out of order', ['b', 'a']],
    ['a child before its parent', ['a/b', 'a']],
    ['the same path twice', ['a', 'a']],
    ['a child of a file', ['a', 'a/b']],
    ['a return to an earlier directory', ['a/x', 'b', 'a/y']],
  ])('refuses %s', (_, paths) => {
    expect(() => write(paths.map((path) => file(path)))).toThrow(
      expect.objectContaining({ code: 'internal' }),
    )
  })

  it('refuses a file that readers would take for a whiteout', () => {
    expect(() => write([file('a/.wh.b')])).toThrow(expect.objectContaining({ code: 'unsupported-tree' }))
  })

  it('refuses content of another size', () => {
    const writer = createLayerTarWriter()
    expect(() => writer.add(file('a', { size: 3 }), { kind: 'bytes', bytes: Buffer.from('ab') })).toThrow(
      expect.objectContaining({ code: 'file-changed' }),
    )
  })

  it('carries content larger than its buffer', () => {
    const text = 'abc'.repeat(2_000_000)
    const { tar } = write([[file('big'), text]])
    expect(tar.toString('latin1', 512, 512 + text.length)).toBe(text)
  })
})

it('puts a prefix before every name, and before what hard links name', () => {
  const chunks: Buffer[] = []
  const writer = createLayerTarWriter((chunk) => chunks.push(Buffer.from(chunk)), { prefix: './' })
  writer.add(directory(''))
  writer.add(file('a'))
  writer.add(file('b', { hardlink: 'a' }))
  writer.add({ ...file('c'), type: 'symlink', linkName: 'a' })
  writer.finish()
  const tar = Buffer.concat(chunks)
  const textAt = (at: number): string => tar.toString('latin1', at, at + 100).replace(/\0.*/s, '')
  const headers = [0, 512, 1024, 1536].map((at) => `${textAt(at)} ${textAt(at + 157)}`.trim())
  expect(headers).toEqual(['./', './a', './b ./a', './c a'])
})
