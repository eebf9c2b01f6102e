import { describe, expect, it } from 'vitest'
import { resolveGroup, resolveUser } from '../../../../src/runtime/bundle/index.ts'

const passwd = `root:x:0:0:root:/root:/bin/sh
# a comment
broken line
bad:x:abc:5:no number:/bad:/bin/sh
app:x:1000:1001:App:/home/app:/bin/sh
1000:x:0:0:a name made of digits:/evil:/bin/sh
0:x:4242:4242:another:/evil:/bin/sh
twice:x:50:50::/first:
twice:x:51:51::/second:
homeless:x:60:60:::
huge:x:4294967295:1::/huge:
nologin:x:65534:65534\r
`
const group = `root:x:0:
app:x:1001:
wheel:x:10:app,twice
audio:x:29:app
evil:x:nan:app
twice:x:70:1000
5:x:99:
`

describe('resolveUser', () => {
  it.each([
    ['', { uid: 0, gid: 0, additionalGids: [0], home: '/root' }],
    ['root', { uid: 0, gid: 0, additionalGids: [0], home: '/root' }],
    ['app', { uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: '/home/app' }],
    ['1000', { uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: '/home/app' }],
    ['01000', { uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: '/home/app' }],
    ['app:wheel', { uid: 1000, gid: 10, additionalGids: [10], home: '/home/app' }],
    ['app:777', { uid: 1000, gid: 777, additionalGids: [777], home: '/home/app' }],
    ['app:5', { uid: 1000, gid: 5, additionalGids: [5], home: '/home/app' }],
    ['app:', { uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: '/home/app' }],
    [':wheel', { uid: 0, gid: 10, additionalGids: [10], home: '/root' }],
    ['4711', { uid: 4711, gid: 0, additionalGids: [0], home: '/' }],
    ['4711:42', { uid: 4711, gid: 42, additionalGids: [42], home: '/' }],
    ['twice', { uid: 50, gid: 50, additionalGids: [50, 10], home: '/first' }],
    ['homeless', { uid: 60, gid: 60, additionalGids: [60], home: '/' }],
    ['nologin', { uid: 65534, gid: 65534, additionalGids: [65534], home: '/' }],
    ['4294967294', { uid: 4294967294, gid: 0, additionalGids: [0], home: '/' }],
  ])('%s', (user, expected) => {
    expect(resolveUser(user, passwd, group)).toEqual(expected)
  })

  it('needs no files for numbers', () => {
    expect(resolveUser('0:0', undefined, undefined)).toEqual({
      uid: 0,
      gid: 0,
      additionalGids: [0],
      home: '/',
    })
    expect(resolveUser('', undefined, undefined)).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: '/' })
  })

  it.each([
    ['nobody', 'unknown-user'],
    ['bad', 'unknown-user'],
    ['huge', 'unknown-user'],
    ['+0', 'unknown-user'],
    ['-1', 'unknown-user'],
    ['0x0', 'unknown-user'],
    ['1e3', 'unknown-user'],
    [' 0', 'unknown-user'],
    ['app:nogroup', 'unknown-group'],
    ['app:evil', 'unknown-group'],
    ['4294967295', 'invalid-user'],
    ['99999999999999999999999', 'invalid-user'],
    ['0:4294967295', 'invalid-user'],
    ['a:b:c', 'invalid-user'],
  ])('refuses %s', (user, code) => {
    expect(() => resolveUser(user, passwd, group)).toThrow(expect.objectContaining({ code }))
  })

  it('suggests near names, and says when there is no file', () => {
    expect(() => resolveUser('ap', passwd, group)).toThrow(
      expect.objectContaining({ hint: 'did you mean app?' }),
    )
    expect(() => resolveUser('app', undefined, group)).toThrow('the image has no /etc/passwd')
    expect(() => resolveUser('0:app', passwd, undefined)).toThrow('the image has no /etc/group')
  })

  it('takes a large file in its stride', () => {
    const large = `${Array.from({ length: 100_000 }, (_, i) => `u${i}:x:${i}:${i}::/h:`).join('\n')}\n`
    expect(resolveUser('u99999', large, large).uid).toBe(99_999)
  })
})

describe('resolveGroup', () => {
  it('takes names and numbers', () => {
    expect(resolveGroup('wheel', group)).toBe(10)
    expect(resolveGroup('5', group)).toBe(5)
    expect(() => resolveGroup('whel', group)).toThrow(
      expect.objectContaining({ hint: 'did you mean wheel?' }),
    )
  })
})
