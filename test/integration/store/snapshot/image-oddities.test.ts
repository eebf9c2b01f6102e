import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scanTree } from '../../../../src/foundation/native/index.ts'
import { digestOf, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import { createContentStore } from '../../../../src/store/content/index.ts'
import { type LayerId, openSnapshots, openStoreRoot } from '../../../../src/store/snapshot/index.ts'
import { paxMember, type RawMember, rawMember, rawTar } from '../../../support/hostile-tar.ts'
import { listDirectory } from '../../../support/listing.ts'
import { withMounted } from '../../../support/mounted.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-odd-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

type Use = (root: string) => unknown

/** What a mount of layers shows, and whether it has an image among them. */
const shownBy = async (images: 'always' | 'never', tars: readonly Buffer[], use: Use) => {
  const root = join(temp, images)
  openStoreRoot(root)
  const content = createContentStore(root)
  const snapshots = openSnapshots({ root, content, driver: 'overlay', images })
  const stack: LayerId[] = []
  for (const tar of tars) {
    const ingest = content.ingest()
    ingest.write(tar)
    const blob = { digest: digestOf(tar), size: tar.length }
    ingest.commit(blob)
    const mediaType = 'application/vnd.oci.image.layer.v1.tar'
    stack.push((await snapshots.addLayer({ ...blob, mediaType }, parseDiffId(blob.digest))).id)
  }
  const view = await snapshots.view(stack)
  return { isImage: 'images' in view, shown: withMounted(view, use) }
}

/** Names of all kinds with kind, mode, owner, number of links, device and exact time; kinds also as directories tell them. */
const everything: Use = (root) => [
  listDirectory(root),
  scanTree(root).map(({ path, type, mtime, mtimeNsec, size }) =>
    type === 'directory' ? path : [path, type, mtime, mtimeNsec, size].join(' '),
  ),
  execFileSync(
    'sh',
    [
      '-c',
      'find . -printf "%p %y\\n" | sort; find . ! -type d -print0 | sort -z | xargs -0r stat -c "%n %F %a %u %g %h %t %T"',
    ],
    { cwd: root, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  ),
]

/** Compares images with unpacked layers: true when there were images at all. */
const isImage = async (tars: readonly Buffer[], use = everything): Promise<boolean> => {
  const trees = await shownBy('never', tars, use)
  const images = await shownBy('always', tars, use)
  expect(trees.isImage).toBe(false)
  expect(images.shown).toEqual(trees.shown)
  return images.isImage
}

const directories = (...names: readonly string[]): readonly RawMember[] =>
  names.map((name) => ({ name, type: '5', mode: 0o755 }))
const xattr = (name: string, value: string | Buffer): Buffer => paxMember({ [`SCHILY.xattr.${name}`]: value })
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
/** Of a user and a group, with a mask: version 2, then tag, permissions, id. */
const acl = Buffer.from(
  '02000000' +
    '01000700ffffffff' +
    '02000700e8030000' +
    '04000500ffffffff' +
    '10000700ffffffff' +
    '20000000ffffffff',
  'hex',
)

describe('an image shows what unpacking makes of', () => {
  it.each<[string, () => readonly Buffer[]]>([
    [
      'hard links of all kinds',
      () => [
        rawTar(
          ...directories('a/', 'b/'),
          { name: 'a/f', body: 'hello', mode: 0o4755, uid: 70_000 },
          { name: 'b/g', type: '1', link: 'a/f' },
          { name: 's', type: '2', link: 'nowhere' },
          { name: 'b/s', type: '1', link: 's' },
          { name: 'p', type: '6' },
          { name: 'b/p', type: '1', link: 'p' },
          { name: 'c', type: '3', major: 259, minor: 70_000, mode: 0o600 },
          { name: 'b/c', type: '1', link: 'c' },
          xattr('user.k', 'v'),
          { name: 'x', body: 'z'.repeat(512) },
          { name: 'b/x', type: '1', link: 'x' },
          { name: 'b/y', type: '1', link: 'b/x' },
        ),
      ],
    ],
    [
      'attributes',
      () => [
        rawTar(
          xattr('user.a', 'v'),
          ...directories('d/'),
          xattr('security.capability', capability),
          { name: 'cap', mode: 0o755, body: 'x' },
          xattr('user.big', Buffer.alloc(3000, 7)),
          { name: 'big', body: 'x' },
          xattr('user.ü', 'ü'),
          { name: 'other' },
        ),
      ],
    ],
    [
      'times',
      () => [
        rawTar(
          paxMember({ mtime: '-1.5' }),
          { name: 'a', body: 'x' },
          paxMember({ mtime: '-2000000000.999999999' }),
          { name: 'b', body: 'x' },
          paxMember({ mtime: '4300000000.123456789' }),
          { name: 'c', type: '2', link: 'x' },
        ),
      ],
    ],
    [
      'sizes, names and owners',
      () => [
        rawTar(
          ...[0, 1, 511, 512, 513, 4095, 4096, 4097, 70_001].map((size) => ({
            name: `n${size}`,
            body: Buffer.alloc(size, 1 + (size & 0x7f)),
          })),
          ...['x'.repeat(255), 'ü'.repeat(127), Buffer.from('ff41fe', 'hex')].flatMap((path) => [
            paxMember({ path }),
            rawMember({ name: 'y', body: 'y' }),
          ]),
          ...['!bang', '-dash', '...', '..a', '.a', '\u{10000}', '\uffee', ' ', '\n'].map((name) => ({
            name,
          })),
          paxMember({ linkpath: 'l'.repeat(4095) }),
          { name: 'long', type: '2', link: 'x' },
          paxMember({ uid: '4294967294', gid: '3000000000' }),
          { name: 'own', mode: 0o7777 },
          { name: 'zero', type: '5', mode: 0 },
          { name: 'zero/f', body: 'q' },
        ),
      ],
    ],
    [
      'names that come again, and through links',
      () => [
        rawTar(
          { name: './', type: '5', mode: 0o711, uid: 3 },
          { name: './a', body: 'one' },
          { name: 'a', body: 'two' },
          { name: 'l', type: '1', link: 'a' },
          { name: 'a', body: 'three' },
          ...directories('d/'),
          { name: 'd/f', body: 'f' },
          { name: 'e', type: '2', link: 'd' },
          { name: 'e/g', body: 'through' },
          { name: 'd', type: '5', mode: 0o700 },
          { name: 'k', body: 'file' },
          ...directories('k/'),
          { name: 'k/j', body: 'x' },
          { name: 'q/w/r', body: 'implied' },
          { name: './/q/./w/t', body: 'x' },
          { name: 'm', body: 'x' },
          { name: 'n', type: '1', link: 'm' },
          { name: '.wh.m' },
        ),
      ],
    ],
    [
      'whiteouts, opaque directories, and nothing to remove',
      () => {
        const low = rawTar(
          ...directories('a/', 'a/b/', 'c/', 'e/'),
          ...['a/f', 'a/b/f', 'c/f', 'e/z', 'top'].map((name) => ({ name, body: '1' })),
        )
        const up = rawTar(
          ...directories('a/', 'only/'),
          ...['.wh.top', 'a/.wh.b', 'a/.wh..wh..opq', 'c/.wh.f', 'c/.wh.none', '.wh.e', 'only/.wh.q'].map(
            (name) => ({ name }),
          ),
          ...['a/new', 'only/r'].map((name) => ({ name, body: 'n' })),
        )
        return [up, low, up]
      },
    ],
    [
      'many names and links, and deep ones',
      () => {
        const many = Array.from({ length: 3000 }, (_, i) => ({ name: `d/${(i * 7919) % 10_007}` }))
        const links = Array.from({ length: 1000 }, (_, i) => ({ name: `h/${i}`, type: '1', link: 'd/0' }))
        const deep = Array.from({ length: 500 }, (_, i) => [
          paxMember({ path: 'z/'.repeat(i + 1) }),
          rawMember({ name: 'z', type: '5', mode: 0o755 }),
        ])
        return [rawTar(...directories('d/', 'h/'), ...many, ...links, ...deep.flat())]
      },
    ],
  ])('%s', async (_, tars) => {
    expect(await isImage(tars())).toBe(true)
  })
  it('more hard links and names than other file systems can have', async () => {
    const members = [
      ...directories('d/', 'h/'),
      { name: 'd/f', body: 'x' },
      ...Array.from({ length: 66_000 }, (_, i) => ({ name: `h/${i}`, type: '1', link: 'd/f' })),
    ].map(rawMember)
    const tar = Buffer.concat([...members, Buffer.alloc(1024)])
    const counted = await shownBy('always', [tar], (root) =>
      execFileSync('sh', ['-c', 'stat -c %h h/5; ls h | wc -l; cat h/65999'], {
        cwd: root,
        encoding: 'utf8',
      }),
    )
    expect(counted).toEqual({ isImage: true, shown: '66001\n66000\nx' })
  })
})

describe('a layer is unpacked instead when', () => {
  it.each<[string, Buffer]>([
    // Setting the list sets the mode.
    [
      'its ACLs say more than its modes',
      rawTar(xattr('system.posix_acl_access', acl), { name: 'f', mode: 0o640 }),
    ],
    ['its ACLs are none', rawTar(xattr('system.posix_acl_access', 'junk'), { name: 'f', mode: 0o755 })],
    // Which is not possible: an overlay could not copy it up.
    [
      'it has attributes of a user on a link',
      rawTar(xattr('user.a', 'v'), { name: 's', type: '2', link: 'x' }),
    ],
    ['it has attributes of a user on a pipe', rawTar(xattr('user.a', 'v'), { name: 'p', type: '6' })],
    // A loop device would cut its last bytes off.
    [
      'its tar ends in the middle of a block',
      rawTar({ name: 'f', body: 'x'.repeat(700) }).subarray(0, 512 + 700),
    ],
  ])('%s', async (_, tar) => {
    expect(await isImage([tar])).toBe(false)
  })
  it('it has capabilities that are none, and is refused', async () => {
    const tar = rawTar(xattr('security.capability', 'junk'), { name: 'f', mode: 0o755 })
    await expect(shownBy('always', [tar], everything)).rejects.toThrow('invalid argument')
  })
})
