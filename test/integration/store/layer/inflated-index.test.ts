import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decompressedIndexOf } from '../../../../src/store/layer/apply-tar.ts'
import { decodeIndex, inflateTar } from '../../../../src/store/layer/index.ts'
import { encodeIndex } from '../../../../src/store/layer/index-encode.ts'
import { createRandom } from '../../../chaos/random.ts'
import { mutate } from '../../../fuzz/mutate.ts'
import { mendTar, tarSeeds, tarWords } from '../../../fuzz/tar-bytes.ts'
import { paxMember, type RawMember, rawMember, rawTar } from '../../../support/hostile-tar.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-inflated-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

interface Found {
  /** The index file, or what was wrong. */
  readonly index: Buffer | string
  readonly root: unknown
  readonly implied: unknown
  /** Whether the helper has made it. */
  readonly ours: boolean
}

const failed = (error: unknown): Found => ({
  index: String(error),
  root: undefined,
  implied: undefined,
  ours: false,
})

const inflated = async (tar: Buffer, piece = 1 << 20): Promise<Found> => {
  const out = openSync(join(temp, 'out'), 'w+')
  try {
    const packed = gzipSync(tar, { level: 1 })
    const found = await inflateTar(pieces(packed, piece), { size: packed.length, out })
    const index = found.encoded?.bytes ?? encodeIndex(found.index, { marksLinks: true })
    return {
      index,
      ours: found.encoded !== undefined,
      root: found.encoded?.root,
      implied: found.encoded?.implied,
    }
  } catch (error) {
    return failed(error)
  } finally {
    closeSync(out)
  }
}

const readInNode = (tar: Buffer): Found => {
  const path = join(temp, 'tar')
  writeFileSync(path, tar)
  try {
    const entries = decompressedIndexOf(path)
    const index = encodeIndex(entries, { marksLinks: true })
    const implied = entries.some((entry) => entry.kind === 'add' && entry.implied === true)
    return { index, ours: false, root: decodeIndex(index).get(''), implied }
  } catch (error) {
    return failed(error)
  }
}

const compare = async (tar: Buffer, piece?: number): Promise<boolean> => {
  const expected = readInNode(tar)
  const found = await inflated(tar, piece)
  expect(shown(found.index)).toEqual(shown(expected.index))
  if (found.ours) expect([found.root, found.implied]).toEqual([expected.root, expected.implied])
  return found.ours
}

/** So that a difference can be read. */
const shown = (index: Buffer | string): unknown =>
  typeof index === 'string' ? index : [index.toString('base64'), [...decodeIndex(index).entries()]]

const long = 'directory-with-a-name/'.repeat(8)

/** A member of no type whose name is all in the field for what comes before it: its last slash is nobody's. */
const onlyPrefix = (prefix: string): Buffer => {
  const plain = rawMember({ name: '', type: '\0' })
  plain.write(prefix, 345)
  return mendTar(plain)
}
const usual: Readonly<Record<string, readonly (RawMember | Buffer)[]>> = {
  nothing: [],
  'all types': [
    { name: './', type: '5', mode: 0o755, uid: 3, gid: 4, mtime: 99 },
    { name: './bin/', type: '5', mode: 0o1777 },
    { name: './bin/tool', body: '#!/bin/sh\n', mode: 0o104755, mtime: 1_700_000_000, uid: 0o7777777 },
    { name: './bin/empty' },
    { name: './lib', type: '2', link: 'bin' },
    { name: './dev/null', type: '3', major: 1, minor: 3, mode: 0o666 },
    { name: './dev/disk', type: '4', major: 259, minor: 0xfffff, format: 'gnu' },
    { name: './dev/fifo', type: '6' },
    { name: './contiguous', type: '7', body: 'x'.repeat(513) },
    { name: 'v7', format: 'v7', type: '\0', body: 'old' },
    { name: 'v7-directory/', format: 'v7', type: '\0' },
    onlyPrefix('prefix'),
  ],
  'directories that nobody describes, and one that is described later and twice': [
    { name: 'a/b/c/d', body: '1' },
    { name: 'a/b/', type: '5', mode: 0o700, mtime: 5 },
    { name: 'a/b', type: '5', mode: 0o711, mtime: 6 },
    { name: '/x//./y/', type: '5' },
  ],
  'hard links in any order': [
    { name: 'z', body: 'content' },
    { name: 'm', type: '1', link: './z' },
    { name: 'a/first', type: '1', link: '/m' },
    { name: 'alone', body: 'alone' },
    { name: 'links/target', type: '2', link: 'somewhere' },
    { name: 'links/a', type: '1', link: 'links/target', body: '' },
    { name: 'b', type: '3', major: 5, minor: 1 },
    { name: 'a/device', type: '1', link: 'b' },
    { name: 'a/empty' },
    { name: 'z2', type: '1', link: 'a/empty', size: '00000000777\0' },
  ],
  whiteouts: [
    { name: 'd/.wh.gone' },
    { name: 'd/.wh..wh..opq' },
    { name: 'e/', type: '5' },
    { name: 'e/.wh..wh..opq' },
    { name: 'none', type: '3' },
    { name: 'no.wh.iteout' },
  ],
  'an opaque root': [{ name: '.wh..wh..opq' }, { name: 'f', body: '1' }],
  'PAX headers': [
    paxMember({
      path: `${long}name`,
      mtime: '1700000000.123456789',
      uid: '4294967294',
      gid: '70000',
      atime: '-1.5',
      comment: '=x=',
    }),
    { name: 'short', body: 'abc', mtime: 7 },
    paxMember({ path: 'gone' }),
    paxMember({ path: '', size: '5', mtime: '3.' }),
    { name: 'kept', body: 'abcde', size: 1 },
    paxMember({ linkpath: `${long}name`, mtime: '0.5' }),
    { name: 'hard', type: '1', link: 'wrong' },
    paxMember({ linkpath: 'über/weg' }),
    { name: 'symbolic', type: '2' },
    rawMember({ name: 'pax', type: 'x' }),
    { name: 'plain' },
  ],
  'GNU long names': [
    { name: '././@LongLink', type: 'L', body: `${long}name\0`, format: 'gnu' },
    { name: 'n', body: 'gnu', format: 'gnu' },
    { name: '././@LongLink', type: 'K', body: `${long}target\0rest`, format: 'gnu' },
    { name: '././@LongLink', type: 'L', body: 'link', format: 'gnu' },
    { name: 'l', type: '2', format: 'gnu' },
  ],
  'names whose order depends on the encoding': [
    ...[
      '\uffee',
      '\u{1f600}',
      '\u{1f600}x',
      'é',
      'z',
      '\ud7ff',
      '\ue000',
      '\ufffd',
      'a-b',
      'a',
      'a.b',
      'A',
    ].map((name) => ({ name })),
    { name: 'a-b-', type: '2', link: '\u{10ffff}/é' },
    { name: 'dir/\u{1f600}/x', body: '1' },
  ],
}

describe('the index that the helper makes of a tar', () => {
  it.each(Object.entries(usual))('is the same: %s', async (_, members) => {
    const tar = rawTar(...members)
    expect(await compare(tar)).toBe(true)
    expect(await compare(tar, 7)).toBe(true)
    expect(await compare(tar.subarray(0, -512))).toBe(true)
    expect(await compare(Buffer.concat([tar, Buffer.from('behind the end')]))).toBe(true)
  })

  const file = { name: 'f', body: 'x'.repeat(700) }
  const negative = Buffer.from('ffffffffffffffffffffffff', 'hex').toString('latin1')
  const odd: Readonly<Record<string, Buffer>> = {
    attributes: rawTar(paxMember({ 'SCHILY.xattr.user.x': 'y', 'SCHILY.xattr.security.selinux': 'z' }), file),
    'a sparse file': rawTar(paxMember({ 'GNU.sparse.major': '1' }), file),
    'an old sparse file': rawTar({ name: 'f', type: 'S' }),
    'an unknown type': rawTar({ name: 'f', type: 'Z' }),
    'global records': rawTar(paxMember({ comment: 'x' }, 'g'), file),
    'global paths': rawTar(paxMember({ path: 'x' }, 'g'), file),
    'a name through a link': rawTar({ name: 'l', type: '2', link: 'd' }, { name: 'l/f' }),
    'a name through a file': rawTar(file, { name: 'f/x' }),
    'a file again': rawTar(file, { name: 'f', body: 'other' }),
    'a link again': rawTar(file, { name: 'g' }, { name: 'g', type: '1', link: 'f' }),
    'a directory for a file': rawTar(file, { name: 'f/', type: '5' }),
    'a file for a directory': rawTar({ name: 'f/x' }, file),
    'a whiteout of what is there': rawTar(file, { name: '.wh.f' }),
    'a whiteout of a directory that is there': rawTar({ name: 'd/f' }, { name: '.wh.d' }),
    'something for a whiteout': rawTar({ name: '.wh.f' }, file),
    'below a whiteout': rawTar({ name: '.wh.f' }, { name: 'f/x' }),
    'a whiteout with content': rawTar({ name: '.wh.f', body: 'x' }),
    'a malformed whiteout': rawTar({ name: '.wh.' }),
    'a whiteout that is a directory': rawTar({ name: '.wh.d/', type: '5' }),
    'a path through a whiteout': rawTar({ name: '.wh.d/f' }),
    climbing: rawTar({ name: 'a/../../f' }),
    'a link to nothing': rawTar({ name: 'a', type: '1', link: 'b' }),
    'a link to itself': rawTar({ name: 'a', type: '1', link: 'a' }),
    'a link to a directory': rawTar({ name: 'd/', type: '5' }, { name: 'a', type: '1', link: 'd' }),
    'a link to what comes later': rawTar({ name: 'a', type: '1', link: 'f' }, file),
    'a link that climbs': rawTar(file, { name: 'a', type: '1', link: '../f' }),
    'a symlink to nothing': rawTar({ name: 'a', type: '2' }),
    'a root that is a file': rawTar({ name: './', type: '0' }),
    'no name': rawTar({ name: '' }),
    'a wrong checksum': rawTar({ name: 'f', checksum: 1 }),
    'a malformed number': rawTar({ name: 'f', size: '12x\0' }),
    'a negative size': rawTar({ name: 'f', size: negative }),
    'a size in binary': rawTar({ name: 'f', body: 'abc', size: `\x80${'\0'.repeat(10)}\x03` }),
    'names that are not UTF-8': rawTar({ name: Buffer.from('f\xff', 'latin1') }),
    'a long component': rawTar(paxMember({ path: 'n'.repeat(256) }), file),
    'a long path': rawTar(paxMember({ path: 'n/'.repeat(2100) }), file),
    'a NUL in a path': rawTar(paxMember({ path: 'a\0b' }), file),
    'times before 1970': rawTar(paxMember({ mtime: '-3.25' }), file),
    'a malformed time': rawTar(paxMember({ mtime: '1e5' }), file),
    'an owner that is none': rawTar(paxMember({ uid: '4294967295' }), file),
    'a malformed record': rawTar(rawMember({ name: 'p', type: 'x', body: '12 path=x' }), file),
    'a device out of range': rawTar({ name: 'f', type: '3', major: 0o7777777 }),
    'headers behind the end': Buffer.concat([Buffer.alloc(512), rawTar(file)]),
    'an extended header at the end': rawTar(paxMember({ path: 'x' })),
    'cut off in a file': rawTar(file).subarray(0, 1000),
    'cut off in a header': rawTar(file, file).subarray(0, 1600),
    'cut off in an extended header': rawTar(paxMember({ path: 'x' })).subarray(0, 520),
    'no tar': Buffer.from('this is no tar '.repeat(5000)),
    'short text': Buffer.from('x'),
  }
  it.each(Object.entries(odd))('is left to the program: %s', async (_, tar) => {
    expect(await compare(tar)).toBe(false)
    expect(await compare(tar, 5)).toBe(false)
  })

  it('is that of the program for many names, however they are sorted', async () => {
    const random = createRandom(7)
    const names = Array.from(
      { length: 9000 },
      (_, i) => `d${i % 90}/e${i % 7}/n${random.below(1 << 30)}-${i}`,
    )
    expect(await compare(rawTar(...names.map((name, i) => ({ name, body: 'x'.repeat(i % 600) }))))).toBe(true)
  })

  it.each(['n', 'longer-name-'])('is made for files with numbers: %s0000', async (name) => {
    const numbered = Array.from({ length: 12_000 }, (_, i) => ({ name: name + String(i).padStart(7, '0') }))
    expect(await compare(rawTar(...numbered))).toBe(true)
  })

  it('is the same, or the same is wrong, after changes of single bytes', { timeout: 120_000 }, async () => {
    const seed = Number(process.env['TSBUILD_SEED'] ?? 11)
    const random = createRandom(seed)
    const target = {
      name: 'tar',
      seeds: tarSeeds,
      words: tarWords,
      mend: mendTar,
      read: () => Promise.resolve([]),
    }
    const plain = Object.values(usual).map((members) => rawTar(...members))
    const seeds = [...plain, ...plain, ...plain, ...plain, ...tarSeeds(), ...Object.values(odd)]
    const tries = Number(process.env['TSBUILD_TRIES'] ?? 150)
    let ours = 0
    for (let i = 0; i < tries; i++) {
      const [one, other] = [seeds[random.below(seeds.length)], seeds[random.below(seeds.length)]]
      if (!one || !other) continue
      if (await compare(mutate(target, one, other, random), 1 + random.below(3000))) ours++
    }
    expect(ours).toBeGreaterThan(tries / 30)
  })
})
