import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { privateFile, writeTargetFile } from '../../../../src/store/archive/target-file.ts'

let root: string
let path: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-target-'))
  path = join(root, 'image.tar')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('writeTargetFile', () => {
  it('shows nothing before it is done', async () => {
    writeFileSync(path, 'old')
    await writeTargetFile(path, (sink) => {
      sink.write(Buffer.from('new'))
      expect(readFileSync(path, 'utf8')).toBe('old')
      return Promise.resolve()
    })
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(root)).toEqual(['image.tar'])
  })

  it('keeps what was written from others when it is told to', async () => {
    const put = (mode?: number) =>
      writeTargetFile(path, (sink) => Promise.resolve(sink.write(Buffer.from('x'))), mode)
    await put(privateFile)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await put()
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask())
  })

  it('leaves the old file and nothing else when it fails', async () => {
    writeFileSync(path, 'old')
    const failing = writeTargetFile(path, (sink) => {
      sink.write(Buffer.from('half'))
      return Promise.reject(new Error('no'))
    })
    await expect(failing).rejects.toThrow('no')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(root)).toEqual(['image.tar'])
  })

  it('removes what a killed process left of the same target, and only that', async () => {
    // Process 1 started at another time: this one is gone.
    const dead = `.image.tar.1-1-00000000-${'0'.repeat(16)}`
    writeFileSync(join(root, dead), 'half')
    writeFileSync(join(root, '.image.tar.notes'), 'mine')
    await writeTargetFile(path, () => Promise.resolve())
    expect(readdirSync(root).sort()).toEqual(['.image.tar.notes', 'image.tar'])
  })

  it('replaces a symlink instead of writing through it', async () => {
    writeFileSync(join(root, 'victim'), 'safe')
    symlinkSync('victim', path)
    await writeTargetFile(path, (sink) => Promise.resolve(sink.write(Buffer.from('new'))))
    expect(readFileSync(join(root, 'victim'), 'utf8')).toBe('safe')
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  it('refuses a directory and a directory that is missing', async () => {
    await expect(writeTargetFile(root, () => Promise.resolve())).rejects.toMatchObject({ code: 'archive-io' })
    await expect(writeTargetFile(join(root, 'no/x'), () => Promise.resolve())).rejects.toMatchObject({
      code: 'archive-io',
    })
  })

  it('writes to a device by way of a link, and leaves the link', async () => {
    symlinkSync('/dev/null', path)
    await writeTargetFile(path, (sink) => Promise.resolve(sink.write(Buffer.from('x'))))
    expect(readlinkSync(path)).toBe('/dev/null')
  })

  it('writes to a device', async () => {
    await writeTargetFile('/dev/null', (sink) => Promise.resolve(sink.write(Buffer.from('x'))))
  })
})
