import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readInRoot } from '../../../../src/runtime/container/in-root-file.ts'

let base: string
let root: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tsbuild-inroot-'))
  root = join(base, 'root')
  mkdirSync(join(root, 'etc/deep'), { recursive: true })
  writeFileSync(join(base, 'secret'), 'of the host')
  writeFileSync(join(root, 'etc/real'), 'inside')
})
afterEach(() => rmSync(base, { recursive: true }))

test('a plain file is read', () => {
  expect(readInRoot(root, 'etc/real')).toBe('inside')
  expect(readInRoot(root, '/etc/./deep/../real')).toBe('inside')
})

test.each([
  ['an absolute link', '/secret'],
  ['a link that climbs', '../../../../secret'],
  ['a link to the place itself', '../secret'],
])('%s ends inside the root', (_, target) => {
  symlinkSync(target, join(root, 'etc/passwd'))
  expect(readInRoot(root, 'etc/passwd')).toBeUndefined()
  writeFileSync(join(root, 'secret'), 'of the image')
  expect(readInRoot(root, 'etc/passwd')).toBe('of the image')
})

test('a linked directory on the way is followed inside the root', () => {
  symlinkSync('/etc', join(root, 'linked'))
  symlinkSync(base, join(root, 'host'))
  expect(readInRoot(root, 'linked/real')).toBe('inside')
  expect(readInRoot(root, 'host/secret')).toBeUndefined()
})

test('links in a circle and files on the way are no files', () => {
  symlinkSync('b', join(root, 'etc/a'))
  symlinkSync('a', join(root, 'etc/b'))
  expect(readInRoot(root, 'etc/a')).toBeUndefined()
  expect(readInRoot(root, 'etc/real/x')).toBeUndefined()
  expect(readInRoot(root, 'etc/none')).toBeUndefined()
})

test('a FIFO does not hang the reader, a directory is no file', () => {
  execFileSync('mkfifo', [join(root, 'etc/fifo')])
  expect(readInRoot(root, 'etc/fifo')).toBeUndefined()
  expect(readInRoot(root, 'etc')).toBeUndefined()
})

test('a large file is refused', () => {
  writeFileSync(join(root, 'etc/large'), Buffer.alloc(5000))
  expect(readInRoot(root, 'etc/large', 5000)).toHaveLength(5000)
  expect(() => readInRoot(root, 'etc/large', 4999)).toThrow(
    expect.objectContaining({ code: 'file-too-large' }),
  )
})
