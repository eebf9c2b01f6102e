import { createHash } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BuildContext, openDirectoryContext, walkTree } from '../../../../src/build/context/index.ts'
import { AppError, DiagnosticError } from '../../../../src/foundation/errors/index.ts'

let root = ''
let directory = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-context-'))
  directory = join(root, 'context')
  mkdirSync(directory)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const put = (path: string, text = path): void => {
  mkdirSync(join(directory, path, '..'), { recursive: true })
  writeFileSync(join(directory, path), text)
}
const open = (ignore?: string): BuildContext =>
  openDirectoryContext({
    directory,
    ...(ignore !== undefined && { ignore: { file: '.dockerignore', text: ignore } }),
  })
const paths = (context: BuildContext, path = ''): readonly string[] =>
  [...walkTree(context, path)].map((entry) => entry.path)
const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
  return 'nothing'
}

describe('the tree of a directory', () => {
  it('lists depth first in code unit order, not in the order of whole paths', () => {
    for (const path of ['a/x', 'a-b', 'B', 'é', 'a.txt']) put(path)
    expect(paths(open())).toEqual(['', 'B', 'a', 'a/x', 'a-b', 'a.txt', 'é'])
  })

  it('reports owner 0, modes, sizes, link targets and hard links', () => {
    put('f', 'text')
    chmodSync(join(directory, 'f'), 0o4755)
    linkSync(join(directory, 'f'), join(directory, 'g'))
    symlinkSync('f', join(directory, 'l'))
    utimesSync(join(directory, 'f'), 981173106, 981173106.5)
    const [, f, g, l] = [...walkTree(open(), '')]
    expect(f).toMatchObject({
      type: 'file',
      mode: 0o4755,
      uid: 0,
      gid: 0,
      size: 4,
      mtime: 981173106,
      mtimeNsec: 500_000_000,
    })
    expect(f?.inode).toBeDefined()
    expect(g?.inode).toBe(f?.inode)
    expect(l).toMatchObject({ type: 'symlink', linkName: 'f', size: 0 })
  })

  it('keeps names that are not UTF-8 and reads their files', () => {
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/a`), Buffer.from([0xff, 0xfe])]), 'odd')
    const context = open()
    const odd = context.children('')[0]
    expect(odd && context.contentDigest(odd)).toBe(sha('odd'))
  })

  it('takes a socket for an empty file', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(directory, 's'), resolve))
    put('f')
    const context = open()
    expect(paths(context)).toEqual(['', 'f', 's'])
    const socket = context.lookup('s')
    expect(socket).toMatchObject({ type: 'file', size: 0 })
    expect(socket && context.contentDigest(socket)).toBe(sha(''))
    expect(() => socket && context.witness(socket).read(sha(''))).not.toThrow()
    await new Promise((resolve) => server.close(resolve))
  })

  it('opens a context that is itself a symlink', () => {
    put('f')
    symlinkSync(directory, join(root, 'link'))
    expect(openDirectoryContext({ directory: join(root, 'link') }).lookup('f')).toBeDefined()
  })

  it('refuses what is not a directory', () => {
    put('f')
    expect(codeOf(() => openDirectoryContext({ directory: join(root, 'none') }))).toBe('context-not-found')
    expect(codeOf(() => openDirectoryContext({ directory: join(directory, 'f') }))).toBe(
      'context-not-a-directory',
    )
  })

  it('says where a pattern is bad', () => {
    expect(() => open('a\n[')).toThrow(DiagnosticError)
  })
})

describe('symlinks (SECURITY 44)', () => {
  beforeEach(() => {
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside/secret'), 'secret')
    put('real/file')
  })

  it('never leave the context', () => {
    symlinkSync('/etc', join(directory, 'absolute'))
    symlinkSync('../outside', join(directory, 'relative'))
    symlinkSync(join(root, 'outside'), join(directory, 'sibling'))
    const context = open()
    for (const path of [
      'absolute/passwd',
      'relative/secret',
      'sibling/secret',
      '../outside/secret',
      'absolute',
      'relative',
    ]) {
      expect([path, context.lookup(path, { follow: true })]).toEqual([path, undefined])
    }
  })

  it('are resolved inside: absolute from the context root, .. stops there', () => {
    symlinkSync('/real', join(directory, 'a'))
    symlinkSync('../../../real/file', join(directory, 'b'))
    symlinkSync('a/file', join(directory, 'c'))
    const context = open()
    for (const path of ['a/file', 'b', 'c'])
      expect(context.lookup(path, { follow: true })?.path).toBe('real/file')
    expect(context.lookup('c')?.type).toBe('symlink')
  })

  it('in a loop are no file', () => {
    symlinkSync('y', join(directory, 'x'))
    symlinkSync('x', join(directory, 'y'))
    expect(open().lookup('x', { follow: true })).toBeUndefined()
  })

  it('do not reach ignored files', () => {
    put('secret')
    symlinkSync('secret', join(directory, 'l'))
    expect(open('secret').lookup('l', { follow: true })).toBeUndefined()
  })
})

describe('ignored files', () => {
  it('are absent, and the reason is known', () => {
    put('a.log')
    put('d/b')
    const context = open('# logs\n*.log\n\n d ')
    expect(paths(context)).toEqual([''])
    expect(context.lookup('d/b')).toBeUndefined()
    expect(context.whyIgnored('a.log')).toEqual({ file: '.dockerignore', line: 2, pattern: '*.log' })
    expect(context.whyIgnored('/d/b')).toEqual({ file: '.dockerignore', line: 4, pattern: 'd' })
    expect(context.whyIgnored('c')).toBeUndefined()
  })

  it('in a directory that nobody can read do no harm', () => {
    put('node_modules/x')
    put('f')
    expect(paths(open('node_modules'))).toEqual(['', 'f'])
  })

  it('leave the directory of what is taken back', () => {
    put('d/e/keep')
    put('d/x')
    put('other/y')
    expect(paths(open('*\n!d/e/keep'))).toEqual(['', 'd', 'd/e', 'd/e/keep'])
  })
})

describe('digests', () => {
  it('are those of the bytes', () => {
    put('f', 'hello')
    put('empty', '')
    const context = open()
    const digest = (path: string): string => {
      const entry = context.lookup(path)
      return entry === undefined ? '' : context.contentDigest(entry)
    }
    expect([digest('f'), digest('empty')]).toEqual([sha('hello'), sha('')])
  })

  it('of files over one buffer', () => {
    const text = 'x'.repeat(3 * 1024 * 1024 + 17)
    put('big', text)
    const context = open()
    const big = context.lookup('big')
    expect(big && context.contentDigest(big)).toBe(sha(text))
  })

  it('of trees are equal for equal trees wherever they lie, whatever their times', () => {
    for (const top of ['a', 'b']) {
      put(`${top}/d/f`, 'same')
      symlinkSync('f', join(directory, top, 'd/l'))
    }
    utimesSync(join(directory, 'a/d/f'), 1, 1)
    const context = open()
    expect(context.treeDigest('a')).toBe(context.treeDigest('b'))
  })

  const changes: readonly (readonly [string, () => void])[] = [
    ['content', () => put('a/d/f', 'other')],
    ['mode', () => chmodSync(join(directory, 'a/d/f'), 0o600)],
    ['mode of a directory', () => chmodSync(join(directory, 'a/d'), 0o700)],
    ['a new file', () => put('a/d/g')],
    ['a new empty directory', () => mkdirSync(join(directory, 'a/new'))],
    ['a removed file', () => unlinkSync(join(directory, 'a/d/f'))],
    [
      'a link target',
      () => {
        unlinkSync(join(directory, 'a/l'))
        symlinkSync('e', join(directory, 'a/l'))
      },
    ],
    [
      'file instead of link',
      () => {
        unlinkSync(join(directory, 'a/l'))
        put('a/l', 'd')
      },
    ],
  ]
  for (const [what, change] of changes) {
    it(`of trees change with ${what}`, () => {
      put('a/d/f')
      symlinkSync('d', join(directory, 'a/l'))
      const before = open().treeDigest('a')
      change()
      expect(open().treeDigest('a')).not.toBe(before)
    })
  }

  it('of trees do not mix up names and contents', () => {
    put('a/xy', 'z')
    put('b/x', 'yz')
    const context = open()
    expect(context.treeDigest('a')).not.toBe(context.treeDigest('b'))
  })
})

describe('a context that changes during the build', () => {
  it('is noticed when a file is read for the layer', () => {
    put('f', 'before')
    const context = open()
    const f = context.lookup('f')
    if (f === undefined) throw new Error('no f')
    context.contentDigest(f)
    put('f', 'after!')
    expect(codeOf(() => context.witness(f).read(sha('after!')))).toBe('context-changed')
    expect(codeOf(() => context.assertUnchanged(f))).toBe('context-changed')
  })

  it('is no trouble when only times change', () => {
    put('f')
    const context = open()
    const f = context.lookup('f')
    if (f === undefined) throw new Error('no f')
    context.contentDigest(f)
    utimesSync(join(directory, 'f'), 5, 5)
    context.assertUnchanged(f)
    expect(() => context.witness(f).read(sha('f'))).not.toThrow()
  })

  it('does not follow a link put in the place of a file', () => {
    put('f')
    const context = open()
    const f = context.lookup('f')
    unlinkSync(join(directory, 'f'))
    symlinkSync('/etc/passwd', join(directory, 'f'))
    expect(codeOf(() => f && context.contentDigest(f))).toBe('context-unreadable')
  })

  it('names a file that went away', () => {
    put('d/gone')
    const context = open()
    const gone = context.lookup('d/gone')
    rmSync(join(directory, 'd/gone'))
    expect(() => gone && context.contentDigest(gone)).toThrow('"d/gone"')
  })
})
