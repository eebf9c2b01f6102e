import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashAside } from '../../../../src/build/context/hash-aside.ts'

const words = `import { workerData } from 'node:worker_threads'
const words = new Int32Array(workerData.shared, 0, 2)
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
`
const programs = {
  dies: 'throw new Error()',
  ends: '',
  sleeps: `${words} sleep(5000)`,
  slow: `${words} for (let i = 0; i < 5; i++) { sleep(20); Atomics.add(words, 1, 1) }
    Atomics.store(words, 0, 1); Atomics.notify(words, 0)`,
}

let directory: string
const bytes = Buffer.alloc(3_000_000, 'some bytes ')
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-aside-'))
  writeFileSync(join(directory, 'file'), bytes)
  for (const [name, program] of Object.entries(programs))
    writeFileSync(join(directory, `${name}.mjs`), program)
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
  it.each([
    ['is not there', 'nothing.mjs'],
    ['dies', 'dies.mjs'],
    ['ends without a word', 'ends.mjs'],
    ['never comes to an end', 'sleeps.mjs'],
  ])('gives up on a thread whose program %s', (_, name) => {
    const program = pathToFileURL(join(directory, name))
    expect(hashAside(join(directory, 'file'), bytes.length, { program, patience: 50 })()).toBeUndefined()
  })
  it('has patience with a thread that gets on', () => {
    const program = pathToFileURL(join(directory, 'slow.mjs'))
    expect(hashAside(join(directory, 'file'), 1, { program, patience: 2000 })()).toBe('00'.repeat(32))
  })
})
