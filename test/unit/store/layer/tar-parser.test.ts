import { describe, expect, it } from 'vitest'
import { createTarParser, type TarLimits, type TarMember } from '../../../../src/store/layer/index.ts'
import { paxMember, paxRecord, rawMember, rawTar } from '../../../support/hostile-tar.ts'

interface Parsed {
  readonly members: readonly TarMember[]
  readonly contents: readonly string[]
}

const parse = (tar: Uint8Array, limits: TarLimits = {}, step = tar.length): Parsed => {
  const members: TarMember[] = []
  const contents: string[] = []
  let text = ''
  const parser = createTarParser(
    {
      member: (member) => members.push(member),
      content: (chunk) => {
        text += Buffer.from(chunk).toString('latin1')
      },
      contentEnd: () => {
        contents.push(text)
        text = ''
      },
    },
    limits,
  )
  for (let at = 0; at < tar.length; at += step) parser.push(tar.subarray(at, at + step))
  parser.end()
  return { members, contents }
}

const entryOf = (tar: Uint8Array): unknown => {
  const [member] = parse(tar).members
  return member?.kind === 'add' ? member.entry : member
}

const bad = (reason: RegExp): unknown =>
  expect.objectContaining({ code: 'bad-layer', message: expect.stringMatching(reason) })

describe('formats', () => {
  it.each([1, 7, 511, 512, 513, 4096])('gives the same in pieces of %d bytes', (step) => {
    const tar = rawTar(
      paxMember({ path: 'long/é', 'SCHILY.xattr.user.x': Buffer.from([0, 255]) }),
      { name: 'short', body: 'x'.repeat(1300) },
      { name: 'empty' },
      { name: 'dir/', type: '5' },
      { name: 'last', body: 'y' },
    )
    expect(parse(tar, {}, step)).toEqual(parse(tar))
    expect(parse(tar, {}, step).contents).toEqual(['x'.repeat(1300), '', 'y'])
  })

  it('reads v7 directories and files', () => {
    expect(entryOf(rawTar({ name: 'd/', type: '\0', format: 'v7' }))).toMatchObject({
      type: 'directory',
      path: 'd',
    })
    expect(entryOf(rawTar({ name: 'f', type: '\0', format: 'v7' }))).toMatchObject({ type: 'file' })
  })

  it('reads GNU long names and base-256 numbers', () => {
    const name = `${'n/'.repeat(100)}f`
    const size = Buffer.alloc(12)
    size[0] = 0x80
    size[11] = 3
    const tar = rawTar(
      { name: '././@LongLink', type: 'L', body: `${name}\0`, format: 'gnu' },
      { name: name.slice(0, 100), size: size.toString('latin1'), body: 'abc', format: 'gnu' },
      { name: '././@LongLink', type: 'K', body: `${'t'.repeat(150)}\0`, format: 'gnu' },
      { name: 's', type: '2', link: 't', format: 'gnu' },
    )
    expect(parse(tar)).toMatchObject({
      members: [{ entry: { path: name, size: 3 } }, { entry: { linkName: 't'.repeat(150) } }],
      contents: ['abc'],
    })
  })

  it.each([
    ['1.5', 1, 500_000_000],
    ['-1.5', -2, 500_000_000],
    ['-7', -7, 0],
    ['12.1234567899', 12, 123_456_789],
    ['3.', 3, 0],
  ])('reads the PAX time %s', (mtime, seconds, nanoseconds) => {
    expect(entryOf(rawTar(paxMember({ mtime }), { name: 'f' }))).toMatchObject({
      mtime: seconds,
      mtimeNsec: nanoseconds,
    })
  })

  it('lets PAX records speak about one member only, and an empty one withdraw', () => {
    const extended = Buffer.concat([paxRecord('uid', '77'), paxRecord('gid', '78'), paxRecord('gid', '')])
    const tar = rawTar({ name: 'x', type: 'x', body: extended }, { name: 'a', gid: 5 }, { name: 'b' })
    expect(parse(tar).members).toMatchObject([{ entry: { uid: 77, gid: 5 } }, { entry: { uid: 0 } }])
  })

  it('ignores global comments', () => {
    const tar = rawTar(paxMember({ comment: 'c0ffee', mtime: '9' }, 'g'), { name: 'a' })
    expect(entryOf(tar)).toMatchObject({ path: 'a', mtime: 0 })
  })

  it('ignores sizes of members that have no content', () => {
    const tar = rawTar(
      { name: 'd/', type: '5', size: 4096 },
      { name: 'h', type: '1', link: 'd', size: 10 },
      { name: 'f' },
    )
    expect(parse(tar).members).toHaveLength(3)
  })

  it('ends at a member border without final blocks, and ignores what follows them', () => {
    expect(parse(rawMember({ name: 'a', body: 'x' })).members).toHaveLength(1)
    expect(parse(Buffer.concat([rawTar({ name: 'a' }), Buffer.alloc(9000, 7)])).members).toHaveLength(1)
    expect(parse(Buffer.alloc(0)).members).toHaveLength(0)
  })

  it('takes a 0:0 device for the whiteout that overlay would see', () => {
    expect(entryOf(rawTar({ name: 'x', type: '3' }))).toEqual({ kind: 'whiteout', path: 'x' })
  })

  it('drops forged overlay attributes and host labels', () => {
    const forged = {
      'SCHILY.xattr.trusted.overlay.redirect': '/etc',
      'SCHILY.xattr.user.overlay.metacopy': '',
    }
    const tar = rawTar(paxMember({ ...forged, 'SCHILY.xattr.security.selinux': 'x' }), { name: 'f' })
    expect(entryOf(tar)).not.toHaveProperty('xattrs')
  })
})

describe('hostile input', () => {
  it.each<[string, Buffer, RegExp]>([
    ['parent names', rawTar({ name: '../../etc/x' }), /\.\./],
    ['parent names by PAX', rawTar(paxMember({ path: 'a/../../x' }), { name: 'x' }), /\.\./],
    ['parent names in hard links', rawTar({ name: 'x', type: '1', link: '../secret' }), /\.\./],
    ['NUL in PAX names', rawTar(paxMember({ path: 'a\0b' }), { name: 'x' }), /NUL/],
    ['a wrong checksum', rawTar({ name: 'x', checksum: 1 }), /checksum/],
    ['a number that is none', rawTar({ name: 'x', size: '12z45678901\0' }), /malformed number/],
    [
      'a negative size',
      rawTar({ name: 'x', size: Buffer.alloc(12, 0xff).toString('latin1') }),
      /negative size/,
    ],
    ['a size beyond 2^53', rawTar({ name: 'x', size: `\x80${'\x7f'.repeat(11)}` }), /too large/],
    ['a negative PAX size', rawTar(paxMember({ size: '-1' }), { name: 'x' }), /PAX record size/],
    ['a huge uid', rawTar(paxMember({ uid: '4294967295' }), { name: 'x' }), /PAX record uid/],
    ['a PAX time that is none', rawTar(paxMember({ mtime: '1e9' }), { name: 'x' }), /PAX record mtime/],
    ['a GNU sparse file', rawTar({ name: 'x', type: 'S' }), /sparse/],
    ['a PAX sparse file', rawTar(paxMember({ 'GNU.sparse.major': '1' }), { name: 'x' }), /sparse/],
    ['a multi-volume part', rawTar({ name: 'x', type: 'M' }), /unsupported type/],
    ['a global path', rawTar(paxMember({ path: 'x' }, 'g'), { name: 'y' }), /global PAX/],
    ['a symlink without target', rawTar({ name: 'x', type: '2' }), /no usable target/],
    ['a device that is none', rawTar({ name: 'x', type: '3', major: 0o7777777 }), /number/],
    ['a whiteout directory', rawTar({ name: '.wh.x', type: '5' }), /whiteout/],
    ['a whiteout of the root', rawTar({ name: '.wh..' }), /malformed whiteout/],
    ['a header behind a zero block', rawTar(Buffer.alloc(512), { name: 'x' }), /after the end/],
    ['a PAX record with a wrong length', rawTar({ name: 'x', type: 'x', body: '99 a=b\n' }), /PAX record/],
    ['a PAX record without length', rawTar({ name: 'x', type: 'x', body: 'path=x\n' }), /PAX record/],
    ['a PAX length with a sign', rawTar({ name: 'x', type: 'x', body: '+8 a=bc\n' }), /PAX record/],
    ['a PAX record without key', rawTar({ name: 'x', type: 'x', body: '6 =bc\n' }), /key/],
    ['a PAX header at the end', rawTar(paxMember({ uid: '1' })), /cut off/],
    ['cut content', rawTar({ name: 'x', body: 'x'.repeat(600) }).subarray(0, 1000), /cut off/],
    ['a cut header', rawTar({ name: 'x' }).subarray(0, 100), /cut off/],
    ['a cut PAX header', paxMember({ path: 'x' }).subarray(0, 515), /cut off/],
  ])('refuses %s', (_, tar, reason) => {
    expect(() => parse(tar)).toThrow(bad(reason))
    expect(() => parse(tar, {}, 100)).toThrow(bad(reason))
  })

  it.each<[string, Buffer, TarLimits, RegExp]>([
    ['members', rawTar({ name: 'a' }, { name: 'b' }), { maxEntries: 1 }, /more than 1 members/],
    ['path length', rawTar({ name: 'abc/def' }), { maxPath: 6 }, /too long/],
    [
      'PAX size',
      rawTar(paxMember({ comment: 'x'.repeat(100) }), { name: 'a' }),
      { maxPax: 50 },
      /extended header/,
    ],
    ['PAX size told but not there', rawTar({ name: 'x', type: 'x', size: 2 ** 32 }), {}, /extended header/],
    ['long name size', rawTar({ name: 'x', type: 'L', size: 2 ** 31 }), {}, /extended header/],
  ])('limits %s', (_, tar, limits, reason) => {
    expect(() => parse(tar, limits)).toThrow(bad(reason))
  })
})

it('answers any damage with bad-layer and nothing else', () => {
  const whole = rawTar(
    paxMember({ path: 'some/é', uid: '70000', mtime: '12.5', 'SCHILY.xattr.user.x': 'y' }),
    { name: 'a', body: 'x'.repeat(600) },
    { name: '././@LongLink', type: 'L', body: 'long/name\0', format: 'gnu' },
    { name: 'long', type: '2', link: 'target', format: 'gnu' },
  )
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >>> 8) % below
  }
  for (let i = 0; i < 2000; i++) {
    const damaged = Buffer.from(whole)
    for (let n = 1 + random(3); n > 0; n--) damaged[random(damaged.length)] = random(256)
    // Most damage in a header is seen by its checksum; let some of it through.
    if (i % 2 === 0) for (let at = 0; at < damaged.length; at += 512) fixChecksum(damaged, at)
    try {
      parse(damaged.subarray(0, random(damaged.length + 1)))
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-layer' })
    }
  }
})

const fixChecksum = (tar: Buffer, at: number): void => {
  if (tar.toString('latin1', at + 257, at + 262) !== 'ustar') return
  tar.fill(0x20, at + 148, at + 156)
  const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
}
