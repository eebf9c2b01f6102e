import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../src/foundation/oci/index.ts'
import type { ArchiveFile } from '../../../../src/store/archive/types.ts'
import { writeTar } from '../../../../src/store/archive/write-tar.ts'
import { makeTar } from '../../../support/archive/make-tar.ts'

const collect = async (files: readonly ArchiveFile[]): Promise<Buffer> => {
  const chunks: Buffer[] = []
  await writeTar(files, { write: (chunk) => chunks.push(Buffer.from(chunk)) })
  return Buffer.concat(chunks)
}

const big = Buffer.alloc(3_000_001, 'abc')

describe('writeTar', () => {
  it('writes bytes and files, and the directories they need, without times and owners', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-tar-'))
    try {
      const path = join(directory, 'blob')
      writeFileSync(path, big)
      const files: readonly ArchiveFile[] = [
        { name: 'index.json', bytes: Buffer.from('{}') },
        { name: 'blobs/sha256/a', path, size: big.length, digest: digestOf(big) },
        { name: 'blobs/sha256/b', bytes: new Uint8Array(0) },
      ]
      const mtime = new Date(0)
      const expected = await makeTar([
        { name: 'index.json', content: '{}', mtime },
        { name: 'blobs/', type: 'directory', mtime },
        { name: 'blobs/sha256/', type: 'directory', mtime },
        { name: 'blobs/sha256/a', content: big, mtime },
        { name: 'blobs/sha256/b', content: '', mtime },
      ])
      expect((await collect(files)).equals(expected)).toBe(true)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('fails when a file is shorter than it was, gone, or not what its digest says', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-tar-'))
    try {
      const path = join(directory, 'blob')
      writeFileSync(path, 'short')
      const save = (file: string, size: number, digest: Digest): Promise<Buffer> =>
        collect([{ name: 'a', path: join(directory, file), size, digest }])
      await expect(save('blob', 9, digestOf('something'))).rejects.toThrow('4 of 9 bytes are missing')
      await expect(save('none', 9, digestOf('something'))).rejects.toThrow('ENOENT')
      await expect(save('blob', 5, digestOf('shirt'))).rejects.toMatchObject({
        code: 'blob-damaged',
        exitCode: 74,
      })
      await expect(save('blob', 5, digestOf('short'))).resolves.toBeInstanceOf(Buffer)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('stops when the reader fails, and when it is told to', async () => {
    const files = [{ name: 'a', bytes: big }]
    const full = writeTar(files, {
      write: () => {
        throw new Error('disk full')
      },
    })
    await expect(full).rejects.toThrow('disk full')
    const controller = new AbortController()
    const aborted = writeTar(files, { write: () => controller.abort() }, controller.signal)
    await expect(aborted).rejects.toThrow('aborted')
    await expect(writeTar(files, { write: () => {} }, controller.signal)).rejects.toThrow('aborted')
  })
})
