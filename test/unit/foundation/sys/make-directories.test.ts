import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeDirectories } from '../../../../src/foundation/sys/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-mkdir-'))
})
afterEach(() => rmSync(root, { recursive: true }))

it('makes what is missing with the mode, and leaves what is there', () => {
  const path = join(root, 'a/b/c')
  makeDirectories(path, 0o700)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  makeDirectories(path, 0o755)
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

it('refuses a file in the way', () => {
  writeFileSync(join(root, 'file'), '')
  const code = (errno: string): unknown => expect.objectContaining({ code: errno })
  expect(() => makeDirectories(join(root, 'file'))).toThrow(code('EEXIST'))
  expect(() => makeDirectories(join(root, 'file/below'))).toThrow(code('ENOTDIR'))
})

it('returns where the system makes nothing', () => {
  expect(() => makeDirectories('/proc/1/nope/below')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})
