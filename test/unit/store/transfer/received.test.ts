import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inParallel } from '../../../../src/store/transfer/in-parallel.ts'
import { appendJournal, createReceived, readJournal } from '../../../../src/store/transfer/received.ts'

it('knows how far the bytes go, how many they are and what is missing', () => {
  const received = createReceived()
  expect([received.frontier(), received.total(), received.gaps(10)]).toEqual([0, 0, [{ start: 0, end: 10 }]])
  received.add({ start: 4, end: 6 })
  expect([received.frontier(), received.gaps(10)]).toEqual([
    0,
    [
      { start: 0, end: 4 },
      { start: 6, end: 10 },
    ],
  ])
  received.add({ start: 0, end: 5 })
  expect([received.frontier(), received.total(), received.gaps(10)]).toEqual([6, 6, [{ start: 6, end: 10 }]])
  received.add({ start: 6, end: 10 })
  expect(received.gaps(10)).toEqual([])
})

it('believes only lines of a journal that are whole and that the file has bytes for', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-journal-'))
  try {
    const path = join(directory, 'journal')
    expect(readJournal(path, 100)).toEqual([])
    writeFileSync(path, '5 3\n0 -1\n1 2 3\nx\n90 101\n')
    appendJournal(path, { start: 0, end: 100 })
    writeFileSync(path, '50 6', { flag: 'a' })
    expect(readJournal(path, 100)).toEqual([{ start: 0, end: 100 }])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

it('works on a few at a time, in order, and stops with the first failure', async () => {
  let running = 0
  let most = 0
  const doubled = await inParallel([1, 2, 3, 4, 5], 2, async (n) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return n * 2
  })
  expect([doubled, most]).toEqual([[2, 4, 6, 8, 10], 2])
  const seen: number[] = []
  const failing = inParallel([1, 2, 3, 4], 1, (n) => {
    seen.push(n)
    return n === 2 ? Promise.reject(new Error('two')) : Promise.resolve()
  })
  await expect(failing).rejects.toThrow('two')
  expect(seen).toEqual([1, 2])
})
