import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decompressedIndexOf, openGrowingIndex } from '../../../../src/store/layer/apply-tar.ts'
import { rawTar } from '../../../support/hostile-tar.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-growing-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const tar = Buffer.from(
  rawTar(
    { name: 'd/', type: '5' },
    { name: 'd/large', body: 'x'.repeat(700_000) },
    { name: 'd/small', body: 'y' },
    { name: 'd/.wh.gone' },
    { name: 'd/empty' },
  ),
)

describe('the index of a tar that is still being written', () => {
  it.each([1, 511, 512, 5000, 300_000, 1 << 20])('is that of the whole, %d bytes at a time', (step) => {
    const path = join(temp, 'tar')
    writeFileSync(path, '')
    using index = openGrowingIndex(path)
    // One byte at a time only around what is interesting.
    const start = step === 1 ? 1500 : step
    for (let at = 0, next = start; at < tar.length; at = next, next = at + (at < 3000 ? step : 50_000)) {
      appendFileSync(path, tar.subarray(at, next))
      index.upTo(Math.min(next, tar.length))
    }
    expect(index.finish(tar.length)).toEqual(decompressedIndexOf(path))
  })

  it('has not read what it was not told of, and refuses what is cut off', () => {
    const path = join(temp, 'tar')
    writeFileSync(path, tar)
    using index = openGrowingIndex(path)
    index.upTo(1000)
    expect(() => index.finish(100_000)).toThrow(expect.objectContaining({ code: 'bad-layer' }))
    using short = openGrowingIndex(path)
    writeFileSync(path, tar.subarray(0, 700))
    expect(() => short.finish(tar.length)).toThrow(expect.objectContaining({ code: 'bad-layer' }))
  })

  it('says at once what is wrong', () => {
    const path = join(temp, 'tar')
    const damaged = Buffer.from(tar)
    damaged[3] = 7
    writeFileSync(path, damaged)
    using index = openGrowingIndex(path)
    expect(() => index.upTo(600)).toThrow(/checksum/)
  })
})
