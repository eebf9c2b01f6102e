import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashAside } from '../../../../src/build/context/hash-aside.ts'

let directory: string
const bytes = Buffer.alloc(3_000_000, 'some bytes ')
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-aside-'))
  writeFileSync(join(directory, 'file'), bytes)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const hex = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

describe('hashAside', () => {
  it('hashes a file while its caller does not come back to the event loop', () => {
    expect(hashAside(join(directory, 'file'), bytes.length)()).toBe(hex(bytes))
  })
  it('hashes as much of it as is asked for', () => {
    expect(hashAside(join(directory, 'file'), 1000)()).toBe(hex(bytes.subarray(0, 1000)))
  })
  it.each([
    ['is shorter', 'file', bytes.length + 1],
    ['is not there', 'nothing', 1],
    ['is no file', '.', 1],
  ])('gives up on what %s', (_, name, size) => {
    expect(hashAside(join(directory, name), size)()).toBeUndefined()
  })
})
