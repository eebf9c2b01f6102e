import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ContentProblem,
  type ContentWitness,
  encodePath,
} from '../../../../src/foundation/filetree/index.ts'
import {
  byTreeOrder,
  createLayerTarWriter,
  createPackedTarWriter,
  type LayerAddition,
  type LayerEntryWriter,
  type LayerTarResult,
} from '../../../../src/store/layer/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-packed-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const base = {
  kind: 'add',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 1_600_000_000,
  mtimeNsec: 0,
} as const
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Makes a file, and its entry with where its bytes are. */
const fileAt = (path: string, bytes: Uint8Array, more: Partial<LayerAddition> = {}) => {
  const host = join(root, 'files', path)
  mkdirSync(dirname(host), { recursive: true })
  writeFileSync(encodePath(host), bytes)
  const entry: LayerAddition = { ...base, ...more, path, type: 'file', size: bytes.length }
  return { entry, content: { kind: 'range', path: host, offset: 0, size: bytes.length } as const }
}

const noise = (size: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const pack = async (
  write: (writer: LayerEntryWriter) => void,
): Promise<LayerTarResult & { readonly tar: Buffer }> => {
  const out = openSync(join(root, 'out'), 'w')
  try {
    const writer = createPackedTarWriter(out)
    write(writer)
    const result = await writer.finish()
    return Object.assign(result, { tar: readFileSync(join(root, 'out')) })
  } finally {
    closeSync(out)
  }
}

const plain = (write: (writer: LayerEntryWriter) => void): LayerTarResult & { readonly tar: Buffer } => {
  const chunks: Buffer[] = []
  const writer = createLayerTarWriter((chunk) => void chunks.push(Buffer.from(chunk)))
  write(writer)
  return Object.assign(writer.finish(), { tar: Buffer.concat(chunks) })
}

const watching = (seen: Map<string, string>, path: string): ContentWitness => ({
  read: (digest) => void seen.set(path, digest),
  refused: (problem) => Object.assign(new Error('refused'), { problem, path }),
})

/** Sizes around those of blocks, slots and pieces; names that need every kind of header. */
const oddFiles = () => [
  ...[0, 1, 511, 512, 513, 4096, 65_535, 65_536, 262_143, 262_144, 262_145, 1_048_577, 3_000_001].map(
    (size) => fileAt(`sizes/${size}`, noise(size, size)),
  ),
  ...Array.from({ length: 700 }, (_, i) => fileAt(`many/empty${i}`, Buffer.alloc(0))),
  fileAt(`names/${'n'.repeat(100)}`, noise(10, 1)),
  fileAt(`names/${'d'.repeat(120)}/${'n'.repeat(90)}`, noise(10, 2)),
  fileAt(`names/${'d'.repeat(200)}/${'n'.repeat(200)}`, noise(10, 3)),
  fileAt('names/käse', noise(10, 4)),
  fileAt('names/\udcff raw', noise(10, 5)),
  fileAt('numbers', noise(700, 6), { uid: 3_000_000_000, gid: 2_097_152, mtime: -5, mode: 0o6755 }),
  fileAt('attributes', noise(70, 7), { xattrs: new Map([['user.x', Buffer.from('y')]]) }),
]

it('writes what the other writer writes, tar, index and digests', async () => {
  const files = oddFiles().toSorted((a, b) => byTreeOrder(a.entry.path, b.entry.path))
  const write =
    (seen: Map<string, string>) =>
    (writer: LayerEntryWriter): void => {
      for (const { entry, content } of files) writer.add(entry, content, watching(seen, entry.path))
      writer.add({ ...base, path: 'z1', type: 'file', hardlink: 'numbers', size: 700 })
      writer.add(
        { ...base, path: 'z2', type: 'file', size: 5 },
        { ...fileAt('x', noise(50, 1)).content, offset: 3, size: 5 },
      )
      writer.add({ ...base, path: 'z3', type: 'fifo' })
      writer.add({ ...base, path: 'z4', type: 'symlink', linkName: 'l'.repeat(150) })
      writer.add(
        { ...base, path: 'z5', type: 'file', size: 3 },
        { kind: 'bytes', bytes: Buffer.from('abc') },
        'ab'.repeat(32),
      )
      writer.add({ ...base, path: 'z6', type: 'directory', opaque: true })
      writer.add({ kind: 'whiteout', path: 'z7' })
    }
  const [here, there] = [new Map<string, string>(), new Map<string, string>()]
  const expected = plain(write(here))
  const packed = await pack(write(there))
  expect(packed.tar.equals(expected.tar)).toBe(true)
  expect([packed.diffId, packed.size]).toEqual([expected.diffId, expected.size])
  expect(packed.encoded?.bytes.equals(expected.encoded?.bytes ?? Buffer.alloc(0))).toBe(true)
  expect(there).toEqual(here)
  for (const { entry, content } of files)
    expect(there.get(entry.path)).toBe(sha(readFileSync(encodePath(content.path))))
  const linked = packed.index.filter((entry) => entry.kind === 'add' && entry.inode !== undefined)
  expect(linked.map(({ path }) => path)).toEqual(['numbers', 'z1'])
  expect(packed.index.find(({ path }) => path === 'numbers')).toMatchObject({
    contentDigest: here.get('numbers'),
  })
})

it('takes over what another tar has, as it stands there', async () => {
  const files = oddFiles().toSorted((a, b) => byTreeOrder(a.entry.path, b.entry.path))
  const first = plain((writer) => {
    writer.add({ ...base, path: 'a', type: 'directory' })
    for (const { entry, content } of files)
      writer.add({ ...entry, path: `a/${entry.path}` }, content, watching(new Map(), ''))
  })
  writeFileSync(join(root, 'first.tar'), first.tar)
  const { decodeIndex } = await import('../../../../src/store/layer/index.ts')
  const index = decodeIndex(first.encoded?.bytes ?? Buffer.alloc(0))
  const write = (writer: LayerEntryWriter): void => {
    writer.add({ ...base, path: 'Z', type: 'symlink', linkName: 'a' })
    writer.add({ ...base, path: 'a', type: 'directory' })
    writer.addRun({
      parts: [{ path: join(root, 'first.tar'), offset: 512, size: first.tar.length - 1024 - 512 }],
      start: 512,
      index,
      path: 'a',
    })
    writer.add({ ...base, path: 'b', type: 'symlink', linkName: 'a' })
  }
  const [expected, packed] = [plain(write), await pack(write)]
  expect(packed.tar.equals(expected.tar)).toBe(true)
  expect(packed.tar.subarray(1024, -1536).equals(first.tar.subarray(512, -1024))).toBe(true)
  expect(packed.encoded?.bytes.equals(expected.encoded?.bytes ?? Buffer.alloc(0))).toBe(true)
  const moved = first.index.map((entry) =>
    entry.kind === 'add' && entry.offset !== undefined ? { ...entry, offset: entry.offset + 512 } : entry,
  )
  expect(packed.index.slice(1, -1)).toEqual(moved)
})

describe('a file that is not what it should be', () => {
  const failure = async (
    spoil: (host: string) => void,
    size = 5000,
  ): Promise<{ problem?: ContentProblem; path?: string }> => {
    const files = ['a', 'b', 'c'].map((name) => fileAt(name, noise(size, 1)))
    spoil(files[1]?.content.path ?? '')
    return pack((writer) => {
      for (const { entry, content } of files) writer.add(entry, content, watching(new Map(), entry.path))
    }).then(
      () => ({}),
      (error: { problem?: ContentProblem; path?: string }) => ({ problem: error.problem, path: error.path }),
    ) as Promise<{ problem?: ContentProblem; path?: string }>
  }
  it.each([
    [
      'is shorter',
      (host: string) => truncateSync(host, 4000),
      { kind: 'short', expected: 5000, found: 4000 },
    ],
    ['is gone', (host: string) => rmSync(host), { kind: 'unreadable', errno: 'ENOENT' }],
    [
      'is a link',
      (host: string) => {
        rmSync(host)
        symlinkSync('a', host)
      },
      { kind: 'unreadable', errno: 'ELOOP' },
    ],
    [
      'is a pipe that nobody writes to',
      (host: string) => {
        rmSync(host)
        execFileSync('mkfifo', [host])
      },
      expect.objectContaining({}),
    ],
  ])('is told by its witness when it %s', async (_, spoil, problem) => {
    expect(await failure(spoil)).toEqual({ problem, path: 'b' })
  })
  it('is told by its witness when it is a large device', async () => {
    const spoil = (host: string): void => {
      rmSync(host)
      execFileSync('mknod', [host, 'c', '1', '5'])
    }
    expect(await failure(spoil, 2_000_000)).toEqual({ problem: { kind: 'not-a-file' }, path: 'b' })
  })
  it('without a witness is a changed file', async () => {
    const { entry, content } = fileAt('a', noise(100, 1))
    truncateSync(content.path, 7)
    await expect(pack((writer) => writer.add(entry, content))).rejects.toMatchObject({ code: 'file-changed' })
  })
  it('is what its witness says of its digest', async () => {
    const { entry, content } = fileAt('a', noise(100, 1))
    const witness: ContentWitness = {
      read: () => {
        throw new Error('not what it was')
      },
      refused: () => new Error('refused'),
    }
    await expect(pack((writer) => writer.add(entry, content, witness))).rejects.toThrow('not what it was')
  })
})
