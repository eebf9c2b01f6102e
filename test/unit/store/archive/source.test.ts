import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { archiveChunks } from '../../../../src/store/archive/source.ts'
import type { ArchiveSource } from '../../../../src/store/archive/types.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-source-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const fileWith = (bytes: Uint8Array | string): ArchiveSource => {
  const path = join(root, 'archive')
  writeFileSync(path, bytes)
  return { kind: 'file', path }
}

const readAll = async (source: ArchiveSource): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of archiveChunks(source)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const text = 'a tar, more or less. '.repeat(100_000)

describe('archiveChunks', () => {
  it('reads plain and gzip alike', async () => {
    expect(await readAll(fileWith(text))).toBe(text)
    expect(await readAll(fileWith(gzipSync(text)))).toBe(text)
    expect(await readAll(fileWith(Buffer.concat([gzipSync('a'), gzipSync('b')])))).toBe('ab')
    expect(await readAll(fileWith(''))).toBe('')
    expect(await readAll(fileWith('ab'))).toBe('ab')
  })

  it('reads a descriptor and leaves it open', async () => {
    fileWith(text)
    const fd = openSync(join(root, 'archive'), 'r')
    expect(await readAll({ kind: 'fd', fd })).toBe(text)
  })

  it('says what a damaged file is', async () => {
    const whole = gzipSync(text)
    await expect(readAll(fileWith(whole.subarray(0, 500)))).rejects.toMatchObject({ code: 'bad-archive' })
    await expect(
      readAll(fileWith(Buffer.concat([whole.subarray(0, 100), Buffer.alloc(400, 7)]))),
    ).rejects.toMatchObject({
      code: 'bad-archive',
    })
  })

  it('reads other compressions, and says when they are damaged', async () => {
    const zstd = Buffer.from('KLUv/QBodQAAMGxheWVyIAEAt9TJSxE=', 'base64')
    expect(await readAll(fileWith(zstd))).toBe('layer '.repeat(20_000))
    const xz = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0])
    await expect(readAll(fileWith(xz))).rejects.toMatchObject({ code: 'bad-archive' })
    await expect(readAll(fileWith('BZh91AY'))).rejects.toMatchObject({ code: 'bad-archive' })
  })

  it('says which file is missing', async () => {
    await expect(readAll({ kind: 'file', path: join(root, 'none') })).rejects.toMatchObject({
      code: 'no-archive',
    })
    await expect(readAll({ kind: 'file', path: root })).rejects.toMatchObject({ code: 'no-archive' })
  })
})
