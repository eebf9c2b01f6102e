import { describe, expect, it } from 'vitest'
import { parseIgnoreFile } from '../../../../src/build/context/index.ts'
import { isGone } from '../../../../src/engine/build/ignored-path.ts'

const gone = (text: string, path: string): boolean =>
  isGone(parseIgnoreFile({ file: '.dockerignore', text }).rules, path)

describe('isGone', () => {
  it.each([
    ['a', 'a'],
    ['a', 'a/b'],
    ['*.md', 'x.md'],
    ['*', ''],
    ['**', ''],
    // What is taken back lies elsewhere.
    ['sub\n!sub/b', 'sub/a'],
    ['sub\n!other', 'sub'],
    ['sub\n!sub/deep/er', 'sub/d'],
    // The exception stands before the rule.
    ['!sub/a\nsub', 'sub/a'],
    ['!sub/a\nsub', 'sub'],
  ])('%j leaves nothing of %j', (text, path) => expect(gone(text, path)).toBe(true))

  it.each([
    ['', 'a'],
    ['b', 'a'],
    ['.*', ''],
    ['a', ''],
    ['a\n!a', 'a'],
    ['a\n!a', 'a/b'],
    ['sub\n!sub/a', 'sub'],
    ['sub\n!sub/a/b', 'sub'],
    ['sub\n!sub/a', 'sub/*'],
    ['sub\n!sub/*.c', 'sub/x.c'],
    ['sub\n!s?b/a', 'sub'],
    ['sub\n!**/a', 'sub'],
    ['*\n!a', ''],
    ['su.b\n!su\\.b/a', 'su.b'],
  ])('%j leaves something of %j', (text, path) => expect(gone(text, path)).toBe(false))
})
