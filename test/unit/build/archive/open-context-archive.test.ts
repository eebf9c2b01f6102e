import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openContextArchive } from '../../../../src/build/archive/index.ts'
import { createLayerTarWriter, type IndexEntry } from '../../../../src/store/layer/index.ts'
import { makeTar } from '../../../support/archive/make-tar.ts'
import { type ZipMember, zipFile } from '../../../support/zip-file.ts'

const root = mkdtempSync(join(tmpdir(), 'tsbuild-archive-'))
const stage = join(root, 'stage')
mkdirSync(stage)
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeEach(() => expect(readdirSync(stage)).toEqual([]))

const open = (bytes: Uint8Array) => {
  const path = join(root, 'input')
  writeFileSync(path, bytes)
  return openContextArchive({ path, stage, shown: 'input', signal: new AbortController().signal, now: 7 })
}

/** End of a zip with more than 65,535 entries, with its locator. */
const largeEnd = (count: number): Buffer => {
  const bytes = Buffer.alloc(76)
  bytes.write('PK\x06\x06', 0, 'latin1')
  bytes.writeBigUInt64LE(BigInt(count), 32)
  bytes.write('PK\x06\x07', 56, 'latin1')
  return bytes
}

/** The same, whose locator says where in the file it lies. */
const atOffset = (end: Buffer, offset: number): Buffer => {
  if (end.length > 0) end.writeBigUInt64LE(BigInt(offset), 64)
  return end
}

/** What becomes of an archive: its entries, and the tar with their contents. */
const entriesOf = async (
  bytes: Uint8Array,
): Promise<{ readonly entries: readonly IndexEntry[]; readonly tar: string } | undefined> => {
  using archive = await open(bytes)
  if (archive === undefined) return undefined
  const chunks: Buffer[] = []
  const writer = createLayerTarWriter((chunk) => void chunks.push(Buffer.from(chunk)))
  archive.write(writer)
  return { entries: writer.finish().index, tar: Buffer.concat(chunks).toString('latin1') }
}

const zip = (...members: ZipMember[]) => entriesOf(zipFile(members))

describe('zip', () => {
  it('keeps modes, links, times and contents, in tree order', async () => {
    const found = await zip(
      { name: 'z', data: 'last' },
      { name: 'dir/', mode: 0o040750 },
      { name: 'dir/run', data: '#!/bin/sh', mode: 0o100755 },
      { name: 'a', data: '../dir', mode: 0o120777 },
      { name: 'deep/in/it', data: 'x' },
    )
    const shown = found?.entries.map((e) =>
      e.kind === 'add' ? [e.path, e.type, e.mode.toString(8), e.linkName, e.implied] : [],
    )
    expect(shown).toEqual([
      ['', 'directory', '755', undefined, undefined],
      ['a', 'symlink', '777', '../dir', undefined],
      ['deep', 'directory', '755', undefined, true],
      ['deep/in', 'directory', '755', undefined, true],
      ['deep/in/it', 'file', '644', undefined, undefined],
      ['dir', 'directory', '750', undefined, undefined],
      ['dir/run', 'file', '755', undefined, undefined],
      ['z', 'file', '644', undefined, undefined],
    ])
    expect(found?.entries.at(-1)).toMatchObject({
      uid: 0,
      gid: 0,
      size: 4,
      mtime: Date.UTC(2001, 0, 1) / 1000,
    })
    expect(found?.tar).toContain('#!/bin/sh')
  })

  it.each([
    ['../up', /climbs out|unsafe/],
    ['a/../../up', /climbs out|unsafe/],
    ['/etc/passwd', /is absolute|unsafe/],
    ['C:/x', /is absolute|unsafe/],
    ['..\\up', /backslash|unsafe/],
    ['a\\b', /backslash/],
    ['a\0b', /NUL/],
    [`${'x'.repeat(256)}`, /too long/],
  ])('refuses the name %j', async (name, message) => {
    await expect(zip({ name, data: 'x' })).rejects.toMatchObject({
      code: 'bad-archive',
      message: expect.stringMatching(message),
    })
  })

  it.each([
    ['encrypted', [{ name: 'a', data: 'x', flags: 1 }], /encrypted/],
    ['device', [{ name: 'a', mode: 0o020644 }], /neither a file/],
    ['fifo', [{ name: 'a', mode: 0o010644 }], /neither a file/],
    ['duplicate', [{ name: 'a' }, { name: './a' }], /twice/],
    [
      'file below a link',
      [
        { name: 'a', data: '/etc', mode: 0o120777 },
        { name: 'a/passwd', data: 'x' },
      ],
      /no directory/,
    ],
    ['file below a file', [{ name: 'a' }, { name: 'a/b/c' }], /no directory/],
    ['wrong checksum', [{ name: 'a', data: 'x', crc: 1 }], /./],
    ['more than it says', [{ name: 'a', data: deflateRawSync('x'.repeat(1000)), method: 8, size: 10 }], /./],
    ['unknown method', [{ name: 'a', data: 'x', method: 99 }], /./],
    ['empty link', [{ name: 'a', mode: 0o120777 }], /link to nowhere/],
  ])('refuses: %s', async (_, members, message) => {
    await expect(zip(...members)).rejects.toMatchObject({
      code: 'bad-archive',
      message: expect.stringMatching(message),
    })
  })

  it('refuses entries that share their bytes, and a header that says something else than the directory', async () => {
    const whole = zipFile([
      { name: 'a', data: 'same' },
      { name: 'b', data: 'same' },
    ])
    const message = (bytes: Uint8Array) => entriesOf(bytes).catch((error: unknown) => String(error))
    const second = whole.lastIndexOf('PK\x01\x02', undefined, 'latin1')
    const shared = Buffer.from(whole)
    shared.writeUInt32LE(0, second + 42)
    shared.write('a', second + 46)
    expect(await message(shared)).toMatch(/share their bytes|ambiguous/)
    const renamed = Buffer.from(whole)
    renamed.write('c', second + 46)
    expect(await message(renamed)).toContain('is not true')
  })

  it('reads many small files without a stream for each', async () => {
    const members = Array.from({ length: 10_000 }, (_, i) => ({ name: `d${i % 100}/f${i}`, data: `${i}` }))
    expect((await zip(...members))?.entries.length).toBe(10_101)
  })

  it('refuses one that is cut off', async () => {
    const whole = zipFile([{ name: 'a', data: 'x'.repeat(100) }])
    await expect(entriesOf(whole.subarray(0, whole.length - 30))).rejects.toMatchObject({
      code: 'bad-archive',
    })
  })
})

describe('tar', () => {
  const tar = (...entries: { readonly path: string; readonly kind?: 'whiteout' }[]): Buffer => {
    const chunks: Buffer[] = []
    const writer = createLayerTarWriter((chunk) => void chunks.push(Buffer.from(chunk)))
    for (const { path, kind } of entries) {
      if (kind) writer.add({ kind, path })
      else
        writer.add(
          { kind: 'add', path, type: 'file', mode: 0o600, uid: 5, gid: 6, size: 2, mtime: 9, mtimeNsec: 0 },
          { kind: 'bytes', bytes: Buffer.from('hi') },
        )
    }
    writer.finish()
    return Buffer.concat(chunks)
  }

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ])('%s: keeps owners, gives the root its own time', async (_, pack) => {
    const found = await entriesOf(pack(tar({ path: 'a' }, { path: 'b/c' })))
    expect(found?.entries.map((e) => e.path)).toEqual(['', 'a', 'b', 'b/c'])
    expect(found?.entries[0]).toMatchObject({ mtime: 7, mode: 0o755 })
    expect(found?.entries[1]).toMatchObject({ uid: 5, gid: 6, mode: 0o600, mtime: 9 })
  })

  it('refuses whiteouts', async () => {
    await expect(entriesOf(tar({ path: 'a', kind: 'whiteout' }))).rejects.toMatchObject({
      code: 'bad-archive',
    })
  })

  it('is not what a Dockerfile is', async () => {
    expect(await entriesOf(Buffer.from('FROM scratch\n'))).toBeUndefined()
    expect(await entriesOf(Buffer.alloc(0))).toBeUndefined()
    expect(await entriesOf(Buffer.from('FROM scratch\n#'.padEnd(5000, 'x')))).toBeUndefined()
  })

  it('refuses compressed text', async () => {
    await expect(entriesOf(gzipSync('FROM scratch\n'))).rejects.toMatchObject({ code: 'bad-archive' })
  })
})

it('refuses more entries than memory is for by the number at its end', async () => {
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(0xffff, 10)
  const start = zipFile([{ name: 'a', data: 'x' }]).subarray(0, -22)
  const bytes = Buffer.concat([start, atOffset(largeEnd(100_001), start.length), end])
  await expect(open(bytes)).rejects.toThrow(/100000 entries/)
})

describe('file capabilities', () => {
  const tarWith = (value: Buffer): Promise<Buffer> =>
    makeTar([
      { name: 'ok' },
      { name: 'bad', pax: { 'SCHILY.xattr.security.capability': value.toString('latin1') } },
    ])
  const header = (revision: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size)
    bytes[3] = revision
    return bytes
  }

  it('that the kernel takes are kept', async () => {
    for (const value of [header(2, 20), header(3, 24)])
      expect((await entriesOf(await tarWith(value)))?.entries.at(1)).toHaveProperty('xattrs')
  })

  it.each([
    ['short', header(2, 19)],
    ['of another revision', header(3, 20)],
    ['of the first revision', header(1, 12)],
    ['unknown', header(9, 24)],
  ])('that are %s are refused with the name', async (_, value) => {
    await expect(open(await tarWith(value))).rejects.toThrow(/"?bad"?.*capabilities/)
  })
})
