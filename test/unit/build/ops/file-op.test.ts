import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import type { FileTree, TreeEntry } from '../../../../src/foundation/filetree/index.ts'
import { createLayerTarWriter } from '../../../../src/store/layer/index.ts'
import { copyOf, createFileOpRig, type FileOpRig } from '../../../support/file-op-rig.ts'

let rig: FileOpRig
beforeEach(() => {
  rig = createFileOpRig()
})
afterEach(() => rig.remove())

const put = (where: string, path: string, text = path): void => {
  mkdirSync(dirname(join(where, path)), { recursive: true })
  writeFileSync(join(where, path), text)
}
const inContext = (...paths: readonly string[]): void => {
  for (const path of paths) put(rig.context, path)
}
const inBase = (...paths: readonly string[]): void => {
  for (const path of paths) put(rig.base, path)
}
const pathsOf = async (...args: Parameters<FileOpRig['run']>): Promise<readonly string[]> =>
  (await rig.run(...args)).paths

it('a COPY to where nothing is writes what it writes when other things are planned beside it', async () => {
  inContext('d/a', 'd/e/b', 'd-e', 'd.f', 'deep/x/y/z', 'f')
  linkSync(join(rig.context, 'd/a'), join(rig.context, 'deep/linked'))
  symlinkSync('../f', join(rig.context, 'd/link'))
  mkdirSync(join(rig.base, 'empty'))
  for (const destination of ['/new', '/empty', '/']) {
    const alone = await rig.run([copyOf('.', destination)])
    const beside = await rig.run([copyOf('.', destination), copyOf('f', '/zz')])
    const all = beside.paths.filter((path) => path !== 'zz')
    expect(alone.paths).toEqual(all)
    expect(alone.paths.length).toBeGreaterThan(12)
    for (const path of all.map((one) => one.replace(/( .*|\/)$/, '')))
      expect(alone.entry(path)).toEqual(beside.entry(path))
  }
})

describe('destinations', () => {
  beforeEach(() => inContext('f', 'g', 'd/a', 'd/e/b'))

  it.each([
    ['a file to a new path', 'f', '/new', ['new']],
    ['a file to a new directory', 'f', '/new/', ['new/', 'new/f']],
    ['a file to a deep new path', 'f', '/x/y/z', ['x/', 'x/y/', 'x/y/z']],
    ['a file to an existing directory without a slash', 'f', '/there', ['there/', 'there/f']],
    ['a file over a file', 'f', '/there/file', ['there/', 'there/file']],
    ['a file to the root', 'f', '/', ['f']],
    ['the content of a directory', 'd', '/new', ['new/', 'new/a', 'new/e/', 'new/e/b']],
    ['the content of a directory, with slashes', 'd/', '/new/', ['new/', 'new/a', 'new/e/', 'new/e/b']],
    ['the content of a directory to the root', 'd', '/', ['a', 'e/', 'e/b']],
    ['a directory merges', 'd', '/there', ['there/', 'there/a', 'there/e/', 'there/e/b']],
    ['a destination that ends in /.', 'f', '/new/.', ['new/', 'new/f']],
    ['the whole context', '.', '/c', ['c/', 'c/d/', 'c/d/a', 'c/d/e/', 'c/d/e/b', 'c/f', 'c/g']],
  ])('%s', async (_, source, destination, expected) => {
    inBase('there/file')
    expect(await pathsOf([copyOf(source, destination)])).toEqual(expected)
  })

  it('several sources', async () => {
    expect(await pathsOf([copyOf(['f', 'd', 'g'], '/x/')])).toEqual([
      'x/',
      'x/a',
      'x/e/',
      'x/e/b',
      'x/f',
      'x/g',
    ])
  })

  it('of several files to one file path the last one stays, as in docker, with a warning', async () => {
    put(rig.context, 'g', 'the second')
    for (const action of [copyOf(['f', 'g'], '/x'), copyOf('[fg]', '/x')]) {
      const { paths, warnings, entry } = await rig.run([action])
      expect([paths, entry('x')?.size]).toEqual([['x'], 10])
      expect(warnings).toEqual([
        'several files are copied to /x, which is no directory: only the last one stays',
      ])
    }
  })

  it('several files to an existing directory without a slash', async () => {
    inBase('there/file')
    expect(await pathsOf([copyOf(['f', 'g'], '/there')])).toEqual(['there/', 'there/f', 'there/g'])
  })

  it('a wildcard that matches nothing copies nothing, with a warning', async () => {
    const { paths, warnings } = await rig.run([copyOf(['none*', 'f'], '/x/')])
    expect([paths, warnings]).toEqual([['x/', 'x/f'], ['no file matches "none*": nothing is copied']])
  })

  it('later actions see earlier ones and win', async () => {
    put(rig.context, 'other', 'other text')
    const { index, entry } = await rig.run([copyOf('f', '/x/f'), copyOf('d', '/x'), copyOf('other', '/x/f')])
    expect(index.map((one) => one.path)).toEqual(['x', 'x/a', 'x/e', 'x/e/b', 'x/f'])
    expect(entry('x/f')?.size).toBe(10)
  })

  it('refuses to replace a directory by a file', async () => {
    inBase('there/f/x')
    await expect(rig.run([copyOf('f', '/there/f/../../there')])).rejects.toMatchObject({
      code: 'cannot-replace',
    })
    await expect(rig.run([copyOf('.', '/there')])).rejects.toMatchObject({ code: 'cannot-replace' })
  })

  it('refuses to replace a file, or a link to a directory, by a directory', async () => {
    inBase('there/e', 'dir/x')
    symlinkSync('../dir', join(rig.base, 'there/d'))
    await expect(rig.run([copyOf('d', '/there')])).rejects.toMatchObject({ code: 'cannot-replace' })
    await expect(rig.run([copyOf('d', '/there/e')])).rejects.toMatchObject({ code: 'cannot-replace' })
    await expect(rig.run([copyOf('.', '/there')])).rejects.toMatchObject({ code: 'cannot-replace' })
  })

  it('refuses a path through a file', async () => {
    inBase('file')
    for (const action of [
      copyOf('f', '/file/x'),
      copyOf('f', '/file/'),
      { kind: 'mkdir', path: '/file/x', mode: 0o755 } as const,
    ]) {
      await expect(rig.run([action])).rejects.toMatchObject({ code: 'not-a-directory' })
    }
  })
})

describe('metadata', () => {
  it('files keep mode and time, owner is root; new directories are 0755', async () => {
    inContext('d/f')
    chmodSync(join(rig.context, 'd/f'), 0o6711)
    chmodSync(join(rig.context, 'd'), 0o700)
    utimesSync(join(rig.context, 'd/f'), 5, 5)
    const { entry } = await rig.run([copyOf('d', '/p/q')])
    expect(entry('p')).toMatchObject({ type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 1_000_000_000 })
    expect(entry('p/q')?.mode).toBe(0o755)
    expect(entry('p/q/f')).toMatchObject({ mode: 0o6711, uid: 0, gid: 0, mtime: 5, mtimeNsec: 0 })
  })

  it('directories below the destination take the mode of the source, also where they exist', async () => {
    inContext('s/d/f')
    chmodSync(join(rig.context, 's/d'), 0o2750)
    inBase('t/d/old')
    expect((await rig.run([copyOf('s', '/t')])).entry('t/d')?.mode).toBe(0o2750)
  })

  it('an existing destination takes the time of the directory whose content it gets, and nothing else', async () => {
    inContext('d/f')
    utimesSync(join(rig.context, 'd'), 5, 5)
    inBase('p/x')
    chmodSync(join(rig.base, 'p'), 0o1777)
    utimesSync(join(rig.base, 'p'), 77, 77)
    const { entry, paths } = await rig.run([copyOf('d', '/p', { chown: '5:6', chmod: '600' })])
    expect(entry('p')).toMatchObject({ mode: 0o1777, mtime: 5, uid: 0, gid: 0 })
    expect(paths).toEqual(['p/', 'p/f'])
    expect((await rig.run([copyOf('d', '/')])).paths).toEqual(['f'])
  })

  it('existing parents keep what they have', async () => {
    inContext('f')
    inBase('p/q/x')
    chmodSync(join(rig.base, 'p'), 0o1777)
    utimesSync(join(rig.base, 'p'), 77, 77)
    const { entry } = await rig.run([copyOf('f', '/p/q/', { chown: '5:6', chmod: '600' })])
    expect(entry('p')).toMatchObject({ mode: 0o1777, mtime: 77, uid: 0 })
    expect(entry('p/q/f')).toMatchObject({ mode: 0o600, uid: 5, gid: 6 })
  })

  it('--chown and an octal --chmod reach everything that is made, a symbolic one only what is copied', async () => {
    inContext('d/f')
    symlinkSync('f', join(rig.context, 'd/l'))
    const octal = await rig.run([copyOf('d', '/p/q', { chown: '5:6', chmod: '4700' })])
    for (const path of ['p', 'p/q']) expect(octal.entry(path)).toMatchObject({ mode: 0o700, uid: 5, gid: 6 })
    expect(octal.entry('p/q/f')).toMatchObject({ mode: 0o4700, uid: 5, gid: 6 })
    expect(octal.entry('p/q/l')).toMatchObject({ mode: 0o777, uid: 5, gid: 6 })
    const symbolic = await rig.run([copyOf('d', '/p/q', { chmod: 'a+w' })])
    expect([symbolic.entry('p')?.mode, symbolic.entry('p/q/f')?.mode]).toEqual([0o755, 0o666])
  })

  it('copies from a stage keep owners, attributes, devices and FIFOs', async () => {
    const xattrs = new Map([['security.capability', Buffer.from([1, 0, 0, 2])]])
    const stage = treeOf([
      { path: 's/ping', type: 'file', mode: 0o755, uid: 3, gid: 4, xattrs },
      { path: 's/null', type: 'char', mode: 0o666, major: 1, minor: 3 },
      { path: 's/pipe', type: 'fifo', mode: 0o644 },
    ])
    const from = { kind: 'input', input: 0 } as const
    const { entry } = await rig.run([copyOf('/s', '/t', { from })], { inputs: [stage] })
    expect(entry('t/ping')).toMatchObject({ uid: 3, gid: 4, xattrs, contentDigest: 'ab'.repeat(32) })
    expect(entry('t/null')).toMatchObject({ type: 'char', major: 1, minor: 3 })
    expect(entry('t/pipe')).toMatchObject({ type: 'fifo' })
  })

  it('hard links within a source stay, across sources they do not', async () => {
    inContext('d/b')
    linkSync(join(rig.context, 'd/b'), join(rig.context, 'd/a'))
    linkSync(join(rig.context, 'd/b'), join(rig.context, 'z'))
    expect(await pathsOf([copyOf(['d', 'z'], '/x/')])).toEqual(['x/', 'x/a', 'x/b = x/a', 'x/z'])
  })

  it('inline files and WORKDIR', async () => {
    const { paths, entry } = await rig.run([
      { kind: 'mkdir', path: '/w/v', mode: 0o755, chown: '1:2' },
      { kind: 'write', path: '/w/v/x', text: 'äb', chmod: '700', chown: '3:4' },
    ])
    expect(paths).toEqual(['w/', 'w/v/', 'w/v/x'])
    expect(entry('w')).toMatchObject({ uid: 1, gid: 2, mode: 0o755 })
    expect(entry('w/v/x')).toMatchObject({ size: 3, mode: 0o700, uid: 3, gid: 4, mtime: 1_000_000_000 })
  })

  it('WORKDIR of a directory that exists changes nothing', async () => {
    inBase('w/x')
    expect(await pathsOf([{ kind: 'mkdir', path: '/w', mode: 0o755 }])).toEqual([])
  })
})

describe('links', () => {
  it('named as a source stand for their target, keeping their own name; in a tree they stay links', async () => {
    inContext('d/f')
    symlinkSync('d', join(rig.context, 'dirlink'))
    symlinkSync('d/f', join(rig.context, 'filelink'))
    symlinkSync('f', join(rig.context, 'd/l'))
    expect(await pathsOf([copyOf('filelink', '/x/')])).toEqual(['x/', 'x/filelink'])
    expect(await pathsOf([copyOf('dirlink', '/x')])).toEqual(['x/', 'x/f', 'x/l -> f'])
    expect(await pathsOf([copyOf('file*', '/x/')])).toEqual(['x/', 'x/filelink'])
  })

  it('that lead out of the context are missing sources, and copied as they are in a tree', async () => {
    mkdirSync(join(rig.context, 'd'))
    symlinkSync('/etc/passwd', join(rig.context, 'd/abs'))
    symlinkSync('/etc', join(rig.context, 'etc'))
    for (const source of ['d/abs', 'etc', 'etc/passwd', 'd/*']) {
      await expect(rig.run([copyOf(source, '/x/')])).rejects.toMatchObject({ code: 'source-not-found' })
    }
    expect(await pathsOf([copyOf('d', '/x')])).toEqual(['x/', 'x/abs -> /etc/passwd'])
  })

  it('at the destination are resolved inside the image (SECURITY 44, 45)', async () => {
    inContext('f')
    inBase('real/x')
    symlinkSync('/real', join(rig.base, 'absolute'))
    symlinkSync('../../../../../real', join(rig.base, 'climbing'))
    symlinkSync('/real/x', join(rig.base, 'file'))
    symlinkSync('/nowhere/y', join(rig.base, 'dangling'))
    for (const link of ['absolute', 'climbing']) {
      expect(await pathsOf([copyOf('f', `/${link}/`)])).toEqual(['real/', 'real/f'])
      expect(await pathsOf([copyOf('f', `/${link}`)])).toEqual(['real/', 'real/f'])
      expect(await pathsOf([{ kind: 'mkdir', path: `/${link}/w`, mode: 0o755 }])).toEqual([
        'real/',
        'real/w/',
      ])
      expect(await pathsOf([{ kind: 'write', path: `/${link}/w`, text: '' }])).toEqual(['real/', 'real/w'])
    }
    expect(await pathsOf([copyOf('f', '/file')])).toEqual(['real/', 'real/x'])
    expect(await pathsOf([copyOf('f', '/dangling')])).toEqual(['nowhere/', 'nowhere/y'])
    expect(await pathsOf([copyOf('f', '/../../x')])).toEqual(['x'])
  })

  it('copied by an earlier action lead a later one inside the image too', async () => {
    inContext('f')
    mkdirSync(join(rig.context, 'd'))
    symlinkSync('/etc', join(rig.context, 'd/l'))
    expect(await pathsOf([copyOf('d', '/x'), copyOf('f', '/x/l/')])).toEqual([
      'etc/',
      'etc/f',
      'x/',
      'x/l -> /etc',
    ])
  })

  it('in a loop are an error', async () => {
    inContext('f')
    symlinkSync('/b', join(rig.base, 'a'))
    symlinkSync('/a', join(rig.base, 'b'))
    await expect(rig.run([copyOf('f', '/a/x')])).rejects.toMatchObject({ code: 'symlink-loop' })
  })

  it('at the very place of a copied file are replaced, not followed', async () => {
    inContext('d/f')
    inBase('t/x')
    symlinkSync('/t/x', join(rig.base, 't/f'))
    expect(await pathsOf([copyOf('d', '/t')])).toEqual(['t/', 't/f'])
  })
})

describe('missing sources', () => {
  it.each(['../x', 'd/../../x', './../x', '../../../x'])('%s is taken inside the context', async (source) => {
    inContext('x')
    const { paths, warnings } = await rig.run([copyOf(source, '/y')])
    expect([paths, warnings]).toEqual([
      ['y'],
      [`${JSON.stringify(source)} leads out of the root; it is taken inside it`],
    ])
  })

  it('are an error before the first wildcard', async () => {
    inContext('d/a')
    await expect(rig.run([copyOf('d/none/*', '/x/')])).rejects.toMatchObject({ code: 'source-not-found' })
    expect((await rig.run([copyOf('d/n*/a', '/x/')])).warnings).toHaveLength(1)
  })

  it('name the rule that excludes them', async () => {
    inContext('a.log')
    await expect(rig.run([copyOf('a.log', '/')], { ignore: '*.log' })).rejects.toMatchObject({
      message: 'copy "a.log": excluded from the build context by .dockerignore:1 (*.log)',
    })
  })

  it('suggest a similar name', async () => {
    inContext('src/main.ts')
    await expect(rig.run([copyOf('src/mian.ts', '/')])).rejects.toMatchObject({
      hint: 'did you mean "src/main.ts"?',
    })
  })
})

it('names that mean deletion in a layer are refused', async () => {
  inContext('d/.wh.x')
  await expect(rig.run([copyOf('d', '/')])).rejects.toThrow('.wh.')
})

it('a file changed between key and layer is noticed', async () => {
  inContext('f')
  const context = openDirectoryContext({ directory: rig.context })
  context.treeDigest('')
  rmSync(join(rig.context, 'f'))
  writeFileSync(join(rig.context, 'f'), 'F')
  const entry = context.lookup('f')
  const write = (): void => {
    if (!entry) return
    const content = context.content(entry)
    createLayerTarWriter().add({ ...entry, kind: 'add' }, content, context.witness(entry))
  }
  expect(write).toThrow('no longer')
  expect(readFileSync(join(rig.context, 'f'), 'utf8')).toBe('F')
})

describe('keys', () => {
  const stage = (): FileTree => openDirectoryContext({ directory: join(rig.root, 'stage') })
  beforeEach(() => {
    inContext('d/f', 'x')
    put(join(rig.root, 'stage'), 'out/f', 'd/f')
  })

  it('do not depend on times, nor on where equal files come from', () => {
    const before = rig.key([copyOf('d', '/t')])
    utimesSync(join(rig.context, 'd/f'), 9, 9)
    expect(rig.key([copyOf('d', '/t')])).toBe(before)
    expect(rig.key([copyOf('out', '/t', { from: { kind: 'input', input: 0 } })], { inputs: [stage()] })).toBe(
      before,
    )
  })

  it('do not depend on files that are not copied', () => {
    const before = rig.key([copyOf('d', '/t')])
    put(rig.context, 'x', 'changed')
    expect(rig.key([copyOf('d', '/t')])).toBe(before)
  })

  it('differ with everything that matters', () => {
    const keys = [
      rig.key([copyOf('d', '/t')]),
      rig.key([copyOf('d', '/t/')]),
      rig.key([copyOf('d', '/u')]),
      rig.key([copyOf('d/f', '/t/')]),
      rig.key([copyOf('d', '/t', { chown: '1' })]),
      rig.key([copyOf('d', '/t', { chmod: '1' })]),
      rig.key([copyOf('d', '/t', { unpack: true })]),
      rig.key([copyOf(['d', 'x'], '/t')]),
      rig.key([copyOf(['x', 'd'], '/t')]),
      rig.key([copyOf('d', '/t'), copyOf('x', '/t')]),
      rig.key([{ kind: 'write', path: '/t', text: 'a' }]),
      rig.key([{ kind: 'write', path: '/t', text: 'b' }]),
      rig.key([{ kind: 'mkdir', path: '/t', mode: 0o755 }]),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    const before = rig.key([copyOf('d', '/t')])
    put(rig.context, 'd/f', 'D/f')
    expect(rig.key([copyOf('d', '/t')])).not.toBe(before)
  })
})

/** A tree in memory; directories on the way are added. */
const treeOf = (given: readonly (Partial<TreeEntry> & Pick<TreeEntry, 'path' | 'type'>)[]): FileTree => {
  const entries = new Map<string, TreeEntry>()
  const add = (entry: Partial<TreeEntry> & Pick<TreeEntry, 'path' | 'type'>): void => {
    entries.set(entry.path, { mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0, ...entry })
  }
  add({ path: '', type: 'directory' })
  for (const entry of given) {
    const parts = entry.path.split('/')
    for (let i = 1; i < parts.length; i++) add({ path: parts.slice(0, i).join('/'), type: 'directory' })
    add(entry)
  }
  const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')
  return {
    lookup: (path) => entries.get(path.replace(/^\/+|\/+$/g, '')),
    children: (path) =>
      [...entries.values()]
        .filter((entry) => entry.path !== '' && parentOf(entry.path) === path)
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    content: () => ({ kind: 'bytes', bytes: Buffer.alloc(0) }),
    contentDigest: () => 'ab'.repeat(32),
  }
}
