import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import { lookUpOwner, lookUpUser } from '../../../../src/build/ops/image-users.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-users-'))
  mkdirSync(join(root, 'etc'))
  writeFileSync(join(root, 'etc/passwd'), 'app:x:12:34::/home/app:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'staff:x:56:\n')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it.each([
  ['app', 12, 34],
  ['app:staff', 12, 56],
  ['app:7', 12, 7],
  ['12:staff', 12, 56],
  ['9:8', 9, 8],
  // A number alone is both, even that of somebody who has a group.
  ['9', 9, 9],
  ['12', 12, 12],
])('files that belong to %s belong to %i:%i', (owner, uid, gid) => {
  expect(lookUpOwner(openDirectoryContext({ directory: root }), owner)).toMatchObject({ uid, gid })
})

it('a process of a number has the group that passwd says, or root', () => {
  const tree = openDirectoryContext({ directory: root })
  expect(lookUpUser(tree, '12')).toMatchObject({ uid: 12, gid: 34 })
  expect(lookUpUser(tree, '9')).toMatchObject({ uid: 9, gid: 0 })
})

it('a name that the image does not have is refused', () => {
  expect(() => lookUpOwner(openDirectoryContext({ directory: root }), 'who')).toThrow('who')
})
