import { gzipSync } from 'node:zlib'
import { decodeZstd } from '../../src/store/layer/decode-zstd.ts'
import {
  byTreeOrder,
  decodeIndex,
  decompressChunks,
  encodeIndex,
  type IndexEntry,
} from '../../src/store/layer/index.ts'
import { parseChallenges } from '../../src/store/registry/auth/challenge.ts'
import { nextLink } from '../../src/store/registry/operations/link-header.ts'
import { must, type Target } from './types.ts'

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const
const unsorted: readonly IndexEntry[] = [
  { ...base, path: 'a', type: 'directory', opaque: true },
  { ...base, path: 'a/f', type: 'file', size: 9, offset: 512, contentDigest: 'ab'.repeat(32), inode: 'a/f' },
  {
    ...base,
    path: 'a/g',
    type: 'file',
    hardlink: 'a/f',
    inode: 'a/f',
    xattrs: new Map([['user.x', Buffer.from('y')]]),
  },
  { ...base, path: 'l', type: 'symlink', linkName: 'a' },
  { ...base, path: 'n', type: 'char', major: 1, minor: 3 },
  { kind: 'whiteout', path: 'w' },
]
const entries = unsorted.toSorted((a, b) => byTreeOrder(a.path, b.path))

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** RFC 8878, 3.1.2. */
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')])

/** A frame of one block, its bytes as they are or one byte repeated (RFC 8878, 3.1.1). */
function zstdFrame(kind: 'raw' | 'run'): Buffer {
  const block = kind === 'raw' ? [...Buffer.from('hello')] : [0x41]
  const header = (1 | ((kind === 'raw' ? 0 : 1) << 1) | ((kind === 'raw' ? 5 : 200) << 3)) >>> 0
  return Buffer.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x00,
    0x58,
    header & 0xff,
    (header >> 8) & 0xff,
    header >> 16,
    ...block,
  ])
}

async function* once(input: Buffer): AsyncGenerator<Uint8Array> {
  yield Buffer.from(input)
}

/** The readers of index files, compressed layers and answers of registries. */
export const byteTargets: readonly Target[] = [
  {
    name: 'layer-index',
    seeds: () =>
      [encodeIndex([]), encodeIndex(entries), encodeIndex([{ ...base, path: '', type: 'directory' }])].map(
        asBuffer,
      ),
    words: [0, 1, 2, 64, 0xffff, 0x7fffffff, 0xffffffff].map(littleEndian),
    read: (input) => {
      const index = decodeIndex(input)
      let seen = 0
      for (const entry of index.entries()) {
        seen++
        must(entry.path.length < 1 << 20, 'a path without end')
      }
      index.get('a/f')
      index.children('a')
      return [`ok, ${Math.min(seen, 6)} entries`]
    },
  },
  {
    name: 'compressed',
    seeds: () => [
      gzipSync('abc'.repeat(1000)),
      zstdFrame('raw'),
      zstdFrame('run'),
      Buffer.concat([skippable, zstdFrame('raw')]),
    ],
    words: [
      gzipSync(''),
      skippable,
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
      littleEndian(0xffffffff),
      '\u001f\u0008',
      'BZh9',
      Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
    ],
    read: async (input) => {
      const size = await sizeOf(decompressChunks(once(input), { maxOutput: 64 << 20 }))
      const start = input.subarray(0, 2).toString('hex')
      return [
        `ok, ${start === '1f8b' || start === '28b5' ? start : 'as it is'}${size === 0 ? ', empty' : ''}`,
      ]
    },
  },
  {
    name: 'zstd',
    seeds: () => [zstdFrame('raw'), zstdFrame('run'), Buffer.concat([skippable, zstdFrame('raw')])],
    words: [skippable, zstdFrame('run'), littleEndian(0xffffffff), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    read: async (input) => {
      const size = await sizeOf(decodeZstd(once(input)), 64 << 20)
      return [`ok, ${Math.min(2, Math.ceil(size / 100))}`]
    },
  },
  {
    name: 'challenge',
    seeds: () =>
      [
        'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull"',
        'Basic realm="x", Bearer realm=y , Negotiate',
        '<https://r.example/v2/_catalog?last=x>; rel="next", </a>;rel=prev',
      ].map((text) => Buffer.from(text)),
    words: ['"', '\\', ',', '=', 'Bearer ', ' ', '\t', '<', '>', ';', 'rel="next"', '__proto__="x"'],
    read: (input) => {
      const text = input.toString('latin1')
      const challenges = parseChallenges(text)
      for (const { scheme, parameters } of challenges) {
        must(scheme !== '' && scheme === scheme.toLowerCase(), 'a scheme is none')
        for (const value of Object.values(parameters)) must(typeof value === 'string', 'a parameter is none')
      }
      const link = nextLink(text)
      must(link === undefined || !/[<>]/.test(link), 'a link is none')
      return [`${Math.min(3, challenges.length)} challenges`, ...(link === undefined ? [] : ['link'])]
    },
  },
]

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes)
}

const sizeOf = async (
  chunks: AsyncIterable<Uint8Array>,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<number> => {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit) break
  }
  return size
}
