import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, hexOf } from '../../../../src/foundation/oci/index.ts'
import { type ArchiveMember, followMember, readMembers } from '../../../../src/store/archive/members.ts'
import { type ContentStore, createContentStore } from '../../../../src/store/content/index.ts'
import { inPieces, makeTar, type TestMember } from '../../../support/archive/make-tar.ts'

let root: string
let content: ContentStore
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-members-'))
  content = createContentStore(join(root, 'store'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const read = async (members: readonly TestMember[]): Promise<ReadonlyMap<string, ArchiveMember>> => {
  const found = new Map<string, ArchiveMember>()
  await readMembers(inPieces(await makeTar(members)), content, found)
  return found
}

const blob = (text: string): TestMember => ({ name: `blobs/sha256/${hexOf(digestOf(text))}`, content: text })

describe('readMembers', () => {
  it('puts blobs into the content store and keeps documents', async () => {
    const found = await read([
      { name: 'blobs/', type: 'directory' },
      blob('hello'),
      { name: './index.json', content: '{}' },
      { name: 'abc/VERSION', content: '1.0' },
      { name: 'repositories', content: '{}' },
      { name: 'abc/layer.tar', content: 'layer' },
    ])
    expect(found.get('index.json')).toEqual({ kind: 'document', text: '{}' })
    expect(found.get('abc/layer.tar')).toEqual({ kind: 'blob', digest: digestOf('layer'), size: 5 })
    expect(content.read(digestOf('hello')).toString()).toBe('hello')
    expect([...found.keys()]).toHaveLength(3)
  })

  it.each([
    ['climbs', [{ name: '../../etc/passwd', content: 'x' }]],
    ['climbs in the middle', [{ name: 'a/../../x', content: 'x' }]],
    ['is absolute', [{ name: '/etc/passwd', content: 'x' }]],
    ['is very long', [{ name: `${'a/'.repeat(600)}x`, content: 'x' }]],
  ])('refuses a name that %s', async (_, members) => {
    await expect(read(members)).rejects.toThrow('is not a name inside the archive')
    expect(readdirSync(root)).toEqual([])
  })

  it('refuses a member that is there twice, also under another spelling', async () => {
    await expect(
      read([
        { name: 'manifest.json', content: '[]' },
        { name: './manifest.json', content: '[1]' },
      ]),
    ).rejects.toThrow('twice')
  })

  it('refuses a blob that is not what its name says, and keeps nothing of it', async () => {
    await expect(read([{ name: `blobs/sha256/${'0'.repeat(64)}`, content: 'evil' }])).rejects.toMatchObject({
      code: 'digest-mismatch',
    })
    expect([...content.list()]).toEqual([])
    expect(readdirSync(join(root, 'store/content/ingest'))).toEqual([])
  })

  it('refuses a huge manifest.json', async () => {
    await expect(read([{ name: 'manifest.json', content: Buffer.alloc(9 << 20, 32) }])).rejects.toThrow(
      'larger than',
    )
  })

  it.each(['character-device', 'block-device', 'fifo'] as const)('refuses a %s', async (type) => {
    await expect(read([{ name: 'x', type }])).rejects.toThrow('only files, directories and links')
  })

  it('refuses what is no tar or ends early', async () => {
    const whole = await makeTar([blob('hello')])
    for (const bytes of [Buffer.alloc(2048, 'x'), whole.subarray(0, 514)]) {
      await expect(readMembers(inPieces(bytes), content, new Map())).rejects.toMatchObject({
        code: 'bad-archive',
      })
    }
    expect([...content.list()]).toEqual([])
  })

  it('passes on what the source throws', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield new Uint8Array(512)
      throw new Error('cable cut')
    }
    await expect(readMembers(broken(), content, new Map())).rejects.toThrow('cable cut')
  })
})

describe('links', () => {
  it('lead to members of the archive, as in old docker archives', async () => {
    const found = await read([
      { name: 'a/layer.tar', content: 'layer' },
      { name: 'b/layer.tar', type: 'symlink', linkname: '../a/layer.tar' },
      { name: 'c/layer.tar', type: 'link', linkname: 'b/layer.tar' },
    ])
    expect(followMember(found, 'c/layer.tar')).toEqual({ kind: 'blob', digest: digestOf('layer'), size: 5 })
    expect(followMember(found, 'd/layer.tar')).toBeUndefined()
  })

  it.each(['/etc/passwd', '../../etc/passwd', '..'])('to %s are refused', async (linkname) => {
    await expect(read([{ name: 'a/layer.tar', type: 'symlink', linkname }])).rejects.toThrow('outside of it')
  })

  it('in a circle are refused when followed', async () => {
    const found = await read([
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: 'a' },
    ])
    expect(() => followMember(found, 'a')).toThrow('circle')
  })
})
