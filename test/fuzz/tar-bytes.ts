import { paxMember, type RawMember, rawMember, rawTar } from '../support/hostile-tar.ts'

const blockSize = 512

/** The same bytes with right checksums in all headers that a reader comes to. */
export const mendTar = (tar: Buffer): Buffer => {
  for (let at = 0; at + blockSize <= tar.length; ) {
    const header = tar.subarray(at, at + blockSize)
    if (header.every((byte) => byte === 0)) break
    header.write('        ', 148, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8)
    const hasBody = /[0\0xgLK7]/.test(String.fromCharCode(header[156] ?? 0))
    at += blockSize + (hasBody && size > 0 ? Math.ceil(size / blockSize) * blockSize : 0)
  }
  return tar
}

const members: readonly (readonly (RawMember | Buffer)[])[] = [
  [],
  [
    { name: 'bin/', type: '5', mode: 0o755 },
    { name: 'bin/tool', body: '#!/bin/sh\n', mode: 0o4755 },
    { name: 'bin/other', type: '1', link: 'bin/tool' },
    { name: 'lib', type: '2', link: 'bin' },
    { name: 'lib/so', body: 'x'.repeat(600) },
  ],
  [
    { name: 'etc/.wh.gone' },
    { name: 'etc/.wh..wh..opq' },
    { name: 'etc/fifo', type: '6' },
    { name: 'etc/null', type: '3', major: 1, minor: 3 },
    { name: 'etc/none', type: '3' },
  ],
  [
    paxMember({ path: 'long/'.repeat(30), 'SCHILY.xattr.user.x': 'y', mtime: '-1.5', size: '3' }),
    { name: 'short', body: 'abc' },
    paxMember({ comment: 'x' }, 'g'),
    { name: 'after', format: 'v7' },
  ],
  [
    { name: '././@LongLink', type: 'L', body: `${'n'.repeat(200)}\0`, format: 'gnu' },
    { name: 'n', body: 'gnu', format: 'gnu' },
    { name: '././@LongLink', type: 'K', body: `${'t'.repeat(200)}\0`, format: 'gnu' },
    { name: 'l', type: '2', format: 'gnu' },
  ],
  [
    { name: 'a', type: '2', link: '../../../../../../../../tmp' },
    { name: 'a/f', body: 'evil' },
    { name: 'a/../../x', body: 'evil' },
  ],
  [
    { name: 'd/f', body: '1' },
    { name: 'd', type: '2', link: 'e' },
    { name: 'd/g', body: '2' },
    { name: 'e/h', type: '1', link: 'd/g' },
    { name: 'e', body: 'file now' },
  ],
]

export const tarSeeds = (): readonly Buffer[] => members.map((list) => rawTar(...list))

/** Members, and fields as they stand in headers. */
export const tarWords: readonly (string | Buffer)[] = [
  '../',
  './',
  '/',
  '.wh.',
  '.wh..wh..opq',
  'bin/tool',
  'etc',
  'd/f',
  '\0',
  'ustar\u000000',
  'ustar  \0',
  '00000000010\0',
  '77777777777\0',
  Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0]),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  'GNU.sparse.major=1',
  '30 mtime=1350244992.023960108\n',
  '12 uid=1000\n',
  rawMember({ name: 'd', type: '5' }),
  rawMember({ name: 'd/../..', body: 'x' }),
  rawMember({ name: 'link', type: '2', link: 'd' }),
  rawMember({ name: 'link/x', body: 'y' }),
  rawMember({ name: 'hard', type: '1', link: 'link/x' }),
  rawMember({ name: 'link', body: 'file' }),
  rawMember({ name: '.', type: '5', mode: 0o700 }),
  rawMember({ name: 'd/.wh.x' }),
  rawMember({ name: 'node', type: '4', major: 7, minor: 1 }),
  paxMember({ linkpath: '/etc/passwd' }),
  paxMember({ 'SCHILY.xattr.trusted.overlay.redirect': '/etc' }),
  Buffer.alloc(1024),
]
