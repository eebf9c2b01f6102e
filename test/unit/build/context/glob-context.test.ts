import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { globContext, missingSource, openDirectoryContext } from '../../../../src/build/context/index.ts'
import { compileWildcard } from '../../../../src/build/context/wildcard.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-glob-'))
  for (const path of [
    'a.go',
    'b.go',
    'B.go',
    'd/a.go',
    'd/e/a.go',
    'x/a.go',
    '.hidden.go',
    'a*b',
    '[z]',
    'package.json',
  ]) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), path)
  }
  symlinkSync('d', join(root, 'link'))
  symlinkSync('a.go', join(root, 'l.go'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const cases: readonly (readonly [pattern: string, found: readonly string[]])[] = [
  ['a.go', ['a.go']],
  ['/a.go', ['a.go']],
  ['./d/../a.go', ['a.go']],
  ['.', ['']],
  ['/', ['']],
  ['*.go', ['.hidden.go', 'B.go', 'a.go', 'b.go', 'l.go']],
  ['?.go', ['B.go', 'a.go', 'b.go', 'l.go']],
  ['[ab].go', ['a.go', 'b.go']],
  ['[^ab].go', ['B.go', 'l.go']],
  ['*/a.go', ['d/a.go', 'x/a.go']],
  ['d/*', ['d/a.go', 'd/e']],
  ['d/*/', ['d/a.go', 'd/e']],
  ['**/a.go', ['d/a.go', 'x/a.go']],
  ['link/*', ['d/a.go', 'd/e']],
  ['link/a.go', ['d/a.go']],
  ['l*k', ['link']],
  ['a\\*b', ['a*b']],
  ['[[]z]', ['[z]']],
  ['none', []],
  ['none*', []],
  ['a.go/*', []],
  ['a.go/x', []],
  ['*/*/*', ['d/e/a.go']],
]
for (const [pattern, found] of cases) {
  it(`finds ${pattern}`, () => {
    const context = openDirectoryContext({ directory: root })
    expect(globContext(context, pattern).map((entry) => entry.path)).toEqual(found)
  })
}

it('refuses a pattern that cannot be read', () => {
  expect(() => globContext(openDirectoryContext({ directory: root }), 'x*[')).toThrow('a [ has no ]')
})

/** Go's filepath.Match without globstar; the pattern covers the whole name. */
const matches: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['[\\]a]', ']', true],
  ['[\\-x]', '-', true],
  ['[x\\-]', 'z', false],
  ['a/**/b', 'a/x/b', true],
  ['a/**/b', 'a/x/y/b', false],
]
for (const [pattern, name, expected] of matches) {
  it(`${pattern} ${expected ? 'matches' : 'does not match'} ${name}`, () => {
    const wildcard = compileWildcard(pattern, { globstar: false })
    expect(typeof wildcard === 'string' ? wildcard : wildcard.matches(name)).toBe(expected)
  })
}

it('names the ignore rule or a similar name for what is missing', () => {
  const context = openDirectoryContext({ directory: root, ignore: { file: '.dockerignore', text: '\n*.go' } })
  const error = (path: string) => missingSource(path, context, 'the build context', context.whyIgnored(path))
  expect(error('a.go')).toMatchObject({
    message: 'copy "a.go": excluded from the build context by .dockerignore:2 (*.go)',
  })
  expect(error('pakage.json')).toMatchObject({ hint: 'did you mean "package.json"?' })
  expect(error('link/a.gp').hint).toBe('did you mean "d/a.go"?')
  expect(error('zzz').hint).toBeUndefined()
})
