import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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
        { name: 'blobs/sha256/a', path, size: big.length },
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

  it('fails when a file is shorter than it was, or gone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-tar-'))
    try {
      writeFileSync(join(directory, 'blob'), 'short')
      await expect(collect([{ name: 'a', path: join(directory, 'blob'), size: 9 }])).rejects.toThrow(
        '4 more bytes',
      )
      await expect(collect([{ name: 'a', path: join(directory, 'none'), size: 9 }])).rejects.toThrow('ENOENT')
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
