import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { journalIn, readEvents, tell, tellOfImage } from '../../../../src/store/journal/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-journal-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const network = { Type: 'network', Action: 'create', Actor: { ID: 'n', Attributes: { name: 'x' } } } as const

test('what is told is read again, in order, with the time of its telling', () => {
  const journal = journalIn(root)
  expect(readEvents(journal)).toEqual([])
  tell(journal, network)
  tellOfImage(journal, 'tag', 'sha256:1', 'app:1')
  const [first, second] = readEvents(journal)
  expect(first).toMatchObject({ ...network, scope: 'local' })
  expect(second).toMatchObject({ Type: 'image', id: 'sha256:1', status: 'tag' })
  expect(Math.abs((first?.timeNano ?? 0) / 1e6 - Date.now())).toBeLessThan(60_000)
})

test('lines that are torn, foreign or of no known type are left out', () => {
  const journal = journalIn(root)
  tell(journal, network)
  const line = readFileSync(journal, 'utf8')
  for (const other of [
    line.replace('"network"', '"daemon"'),
    line.replace('"network"', '"container"'),
    line.replace('{"name":"x"}', '{"name":7}'),
    '\0\0\n',
    line.slice(0, 20),
  ])
    appendFileSync(journal, other)
  expect(readEvents(journal)).toHaveLength(1)
})

test('it is a file of ours only that becomes the older one when it is large; a store that is gone is none of its business', () => {
  const journal = journalIn(root)
  appendFileSync(journal, `${' '.repeat(4 << 20)}\n`)
  tell(journal, network)
  expect(existsSync(journal)).toBe(false)
  expect(readEvents(journal)).toHaveLength(1)
  tell(journal, { ...network, Action: 'destroy' })
  expect(readEvents(journal).map(({ Action }) => Action)).toEqual(['create', 'destroy'])
  expect(() => tell(join(root, 'gone/events'), network)).not.toThrow()
})
