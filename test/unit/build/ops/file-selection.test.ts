import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import type { CopyAction } from '../../../../src/build/graph/index.ts'
import { copyOf, createFileOpRig, type FileOpRig } from '../../../support/file-op-rig.ts'

let rig: FileOpRig
beforeEach(() => {
  rig = createFileOpRig()
  for (const path of ['d/a.txt', 'd/b.md', 'd/sub/c.txt', 'd/sub/deep/e.md', 'top.txt', 'x/y/c.txt'])
    put(path)
  symlinkSync('d', join(rig.context, 'link'))
})
afterEach(() => rig.remove())

const put = (path: string, text = path): void => {
  mkdirSync(dirname(join(rig.context, path)), { recursive: true })
  writeFileSync(join(rig.context, path), text)
}
const copied = async (
  sources: string | readonly string[],
  options: Partial<CopyAction>,
): Promise<readonly string[]> => {
  const { index } = await rig.run([copyOf(sources, '/x/', options)])
  return index.map((entry) => entry.path.slice(2)).filter((path) => path !== '')
}

/** What docker 28.5 copied. */
describe('--exclude', () => {
  const all = ['a.txt', 'b.md', 'sub', 'sub/c.txt', 'sub/deep', 'sub/deep/e.md']
  const without = (...paths: readonly string[]) => all.filter((path) => !paths.includes(path))

  it.each([
    ['is relative to the source and stays in one directory', ['*.md'], without('b.md')],
    ['crosses directories with **', ['**/*.md'], without('b.md', 'sub/deep/e.md')],
    ['takes out directories with all below', ['sub'], ['a.txt', 'b.md']],
    ['takes a slash at the end', ['sub/'], ['a.txt', 'b.md']],
    ['knows paths', ['sub/c.txt'], without('sub/c.txt')],
    ['cleans patterns', ['./a.txt'], without('a.txt')],
    ['does not anchor with a slash', ['/a.txt'], all],
    ['does not leave the source', ['../d/a.txt'], all],
    ['ignores empty patterns', [''], all],
    ['takes back', ['*', '!a.txt'], ['a.txt']],
    ['takes back below what is out', ['sub', '!sub/c.txt'], ['a.txt', 'b.md', 'sub', 'sub/c.txt']],
    ['reads patterns in order', ['!a.txt', '*'], []],
    ['knows no comments', ['#', 'a.txt'], without('a.txt')],
  ])('%s', async (_, exclude, expected) => {
    expect(await copied('d', { exclude })).toEqual(expected)
  })

  it('leaves alone files that are named or matched themselves', async () => {
    expect(await copied('d/a.txt', { exclude: ['a.txt'] })).toEqual(['a.txt'])
    expect(await copied('d/*', { exclude: ['*.md', 'c.txt'] })).toEqual([
      'a.txt',
      'b.md',
      'deep',
      'deep/e.md',
    ])
  })

  it('applies to each source by itself, of other stages too', async () => {
    expect(await copied(['d/sub', 'x'], { exclude: ['c.txt'] })).toEqual([
      'deep',
      'deep/e.md',
      'y',
      'y/c.txt',
    ])
    const input = openDirectoryContext({ directory: rig.context })
    const action = copyOf('/d', '/x', { from: { kind: 'input', input: 0 }, exclude: ['sub'] })
    expect((await rig.run([action], { inputs: [input] })).paths).toEqual(['x/', 'x/a.txt', 'x/b.md'])
  })

  it('refuses bad patterns', async () => {
    await expect(copied('d', { exclude: ['['] })).rejects.toMatchObject({ code: 'bad-pattern', exitCode: 65 })
    await expect(copied('d', { exclude: ['!'] })).rejects.toMatchObject({ code: 'bad-pattern' })
  })
})

describe('--parents', () => {
  it.each([
    ['keeps the path of a file', ['d/sub/c.txt'], ['d', 'd/sub', 'd/sub/c.txt']],
    ['keeps the path of a directory', ['d/sub/deep'], ['d', 'd/sub', 'd/sub/deep', 'd/sub/deep/e.md']],
    ['takes a dot at the end', ['/d/sub/deep/.'], ['d', 'd/sub', 'd/sub/deep', 'd/sub/deep/e.md']],
    ['starts at a pivot', ['d/./sub/c.txt'], ['sub', 'sub/c.txt']],
    ['starts at the first of two pivots', ['./d/./sub/./c.txt'], ['sub', 'sub/c.txt']],
    ['starts at a pivot at the top', ['/./d/a.txt'], ['d', 'd/a.txt']],
    ['has wildcards', ['*/*/c.txt'], ['d', 'd/sub', 'd/sub/c.txt', 'x', 'x/y', 'x/y/c.txt']],
    ['has wildcards before the pivot', ['*/./*/c.txt'], ['sub', 'sub/c.txt', 'y', 'y/c.txt']],
    [
      'has ** for any number of directories',
      ['**/*.md'],
      ['d', 'd/b.md', 'd/sub', 'd/sub/deep', 'd/sub/deep/e.md'],
    ],
    ['has ** behind the pivot', ['d/./**/e.md'], ['sub', 'sub/deep', 'sub/deep/e.md']],
    ['has several sources', ['d/a.txt', 'x/./y'], ['d', 'd/a.txt', 'y', 'y/c.txt']],
    ['stays inside', ['../../d/a.txt'], ['d', 'd/a.txt']],
    ['takes links as they are', ['link'], ['link']],
    ['goes through links before the pivot', ['link/./a.txt'], ['a.txt']],
    ['goes through no link behind it', ['lin*/a.txt'], []],
  ])('%s', async (_, sources, expected) => {
    expect(await copied(sources, { parents: true })).toEqual(expected)
  })

  it('takes everything of the root', async () => {
    expect(await copied('.', { parents: true })).toEqual(await copied('.', {}))
  })

  it('excludes relative to the pivot', async () => {
    const exclude = ['sub/deep']
    expect(await copied('d/./sub', { parents: true, exclude })).toEqual(['sub', 'sub/c.txt'])
    expect(await copied('d/sub', { parents: true, exclude })).toContain('d/sub/deep')
  })

  it('misses what is named without wildcards', async () => {
    for (const source of ['d/none', 'none/./a', 'd/./none'])
      await expect(copied(source, { parents: true })).rejects.toMatchObject({ code: 'source-not-found' })
  })

  it('warns when wildcards match nothing', async () => {
    const { warnings } = await rig.run([copyOf('d/none*', '/x/', { parents: true })])
    expect(warnings).toEqual(['no file matches "d/none*": nothing is copied'])
  })

  it('gives new directories the metadata of the source, and existing ones only its mode', async () => {
    mkdirSync(join(rig.context, 'm'), { mode: 0o700 })
    put('m/f')
    utimesSync(join(rig.context, 'm'), 5, 5)
    const action = copyOf('m/f', '/x', { parents: true, chown: '3:4' })
    const fresh = await rig.run([action])
    expect(fresh.entry('x/m')).toMatchObject({ mode: 0o700, uid: 3, gid: 4, mtime: 1_000_000_000 })
    mkdirSync(join(rig.base, 'x/m'), { recursive: true, mode: 0o755 })
    utimesSync(join(rig.base, 'x/m'), 7, 7)
    expect((await rig.run([action])).entry('x/m')).toMatchObject({ mode: 0o700, uid: 0, gid: 0, mtime: 7 })
  })
})
