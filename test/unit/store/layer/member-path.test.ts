import { describe, expect, it } from 'vitest'
import { parseMemberName } from '../../../../src/store/layer/member-path.ts'

describe('parseMemberName', () => {
  it.each([
    ['etc/passwd', 'path', 'etc/passwd'],
    ['./etc/', 'path', 'etc'],
    ['/etc//passwd', 'path', 'etc/passwd'],
    ['.', 'path', ''],
    ['./', 'path', ''],
    ['/', 'path', ''],
    ['', 'path', ''],
    ['././/./a//', 'path', 'a'],
    ['//./.', 'path', ''],
    ['./a/././b/./', 'path', 'a/b'],
    ['.a/', 'path', '.a'],
    ['...', 'path', '...'],
    ['a/..b', 'path', 'a/..b'],
    ['a/x.wh.y', 'path', 'a/x.wh.y'],
    ['.wh.a', 'whiteout', 'a'],
    ['./etc/.wh.passwd', 'whiteout', 'etc/passwd'],
    ['etc/.wh..hidden', 'whiteout', 'etc/.hidden'],
    ['.wh..wh..opq', 'opaque', ''],
    ['a/b/.wh..wh..opq', 'opaque', 'a/b'],
  ])('%s is a %s of %s', (name, kind, path) => {
    expect(parseMemberName(name, 4095)).toEqual({ kind, path })
  })

  it.each([
    ['..', /\.\./],
    ['../etc/passwd', /\.\./],
    ['./../etc', /\.\./],
    ['/./..//', /\.\./],
    ['/../etc', /\.\./],
    ['a/../../etc', /\.\./],
    ['a/..', /\.\./],
    ['a/../b', /\.\./],
    ['.wh.', /malformed whiteout/],
    ['a/.wh..', /malformed whiteout/],
    ['a/.wh...', /malformed whiteout/],
    ['.wh..wh.plnk', /malformed whiteout/],
    ['.wh..wh..', /malformed whiteout/],
    ['.wh.a/b', /through a whiteout/],
    ['a/.wh..wh..opq/b', /through a whiteout/],
    ['a\0b', /NUL/],
    ['a'.repeat(256), /too long/],
    ['é'.repeat(128), /too long/],
    ['a/'.repeat(2049), /too long/],
  ])('refuses name %#', (name, reason) => {
    expect(() => parseMemberName(name, 4095)).toThrow(reason)
    expect(() => parseMemberName(name, 4095)).toThrow(expect.objectContaining({ code: 'bad-layer' }))
  })
})
