import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { giveTree } from '../../../../src/foundation/native/index.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-give-'))
  mkdirSync(join(root, 'tree/below'), { recursive: true })
  writeFileSync(join(root, 'outside'), '')
})
afterEach(() => rmSync(root, { recursive: true }))

const owner = (path: string): string => {
  const { uid, gid } = lstatSync(join(root, path))
  return `${uid}:${gid}`
}

test('everything below goes to one owner; links are given, not followed; set-user bits stay', () => {
  writeFileSync(join(root, 'tree/below/program'), '')
  chmodSync(join(root, 'tree/below/program'), 0o4755)
  symlinkSync('../outside', join(root, 'tree/link'))
  symlinkSync('..', join(root, 'tree/up'))
  giveTree(join(root, 'tree'), { uid: 300_000, gid: 300_001 })
  for (const path of ['tree', 'tree/below', 'tree/below/program', 'tree/link', 'tree/up'])
    expect(owner(path)).toBe('300000:300001')
  expect(owner('outside')).toBe('0:0')
  expect(lstatSync(join(root, 'tree/below/program')).mode & 0o7777).toBe(0o4755)
})

test("ids move by ranges, once for each file however many names it has; what has no range is nobody's", () => {
  const moves = [{ from: 0, to: 300_000, size: 1000 }]
  for (const [name, id] of [
    ['root', 0],
    ['last', 999],
    ['beyond', 1000],
  ] as const) {
    writeFileSync(join(root, 'tree', name), '')
    chownSync(join(root, 'tree', name), id, id)
    linkSync(join(root, 'tree', name), join(root, 'tree/below', name))
  }
  giveTree(join(root, 'tree'), { uids: moves, gids: moves })
  expect(owner('tree')).toBe('300000:300000')
  expect(owner('tree/root')).toBe('300000:300000')
  expect(owner('tree/last')).toBe('300999:300999')
  expect(owner('tree/beyond')).toBe('65534:65534')
})
