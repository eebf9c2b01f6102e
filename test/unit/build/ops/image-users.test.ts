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
  ['app:', 12, 0],
  ['5:', 5, 0],
  [':5', 0, 5],
  [':staff', 0, 56],
  ['+5', 5, 5],
  ['05', 5, 5],
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

/** What docker 28.5 made of these. */
it.each([
  ['who', 0, 0, 'no user "who"'],
  ['who:5', 0, 5, 'no user "who"'],
  ['who:staff', 0, 56, 'no user "who"'],
  ['5:who', 5, 5, 'no group "who"'],
  ['app:who', 12, 34, 'no group "who"'],
  ['who:whose', 0, 0, 'no user "who" and no group "whose"'],
  ['1:2:3', 1, 1, 'no group "2:3"'],
  ['-1', 0, 0, 'no user "-1"'],
  ['4294967295', 0, 0, 'no user'],
  ['99999999999', 0, 0, 'no user'],
])('%s, which the image does not have, is %i:%i with a warning', (owner, uid, gid, warning) => {
  expect(lookUpOwner(openDirectoryContext({ directory: root }), owner)).toMatchObject({
    uid,
    gid,
    warning: expect.stringContaining(warning),
  })
})

it('works without any user database', () => {
  rmSync(join(root, 'etc'), { recursive: true })
  const tree = openDirectoryContext({ directory: root })
  expect(lookUpOwner(tree, '3:4')).toEqual({ uid: 3, gid: 4 })
  expect(lookUpOwner(tree, 'app')).toMatchObject({ uid: 0, gid: 0 })
})
