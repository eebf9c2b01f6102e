import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  fetchGit,
  type GitSource,
  type RemoteEnvironment,
  resolveGit,
} from '../../../../src/build/remote/index.ts'
import { type GitRepositories, makeRepositories, startGitServer } from '../../../support/git-server.ts'
import type { TestServer } from '../../../support/http-server.ts'

const work = mkdtempSync(join(tmpdir(), 'tsbuild-git-client-'))
const marker = join(work, 'marker')
const environment = (more: Partial<RemoteEnvironment> = {}): RemoteEnvironment => ({
  stage: work,
  repositories: join(work, 'git'),
  env: { PATH: process.env['PATH'] },
  secret: () => undefined,
  retryDelay: 1,
  ...more,
})
const { signal } = new AbortController()

let repositories: GitRepositories
let server: TestServer
let first = ''
let second = ''
const remote = (name = 'main'): string => `${server.url}/${name}/.git`
const staged = (): readonly string[] => readdirSync(work).filter((name) => name !== 'git')

beforeAll(async () => {
  repositories = makeRepositories()
  const { git, commit, root } = repositories
  for (const name of ['main', 'library', 'evil']) git(name, 'init', '--quiet', '-b', 'trunk')
  commit('library', { 'lib.txt': 'lib' })
  first = commit('main', {
    'f.txt': 'one',
    'dir/deep/x': 'x',
    '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = ../../library/.git\n',
  })
  symlinkSync('dir', join(root, 'main/inside'))
  symlinkSync('/etc', join(root, 'main/outside'))
  git('main', 'update-index', '--add', '--cacheinfo', `160000,${git('library', 'rev-parse', 'HEAD')},lib`)
  git('main', 'add', 'inside', 'outside')
  git('main', 'commit', '--quiet', '--amend', '-m', 'one')
  first = git('main', 'rev-parse', 'HEAD')
  git('main', 'tag', 'light')
  git('main', 'tag', '-a', 'annotated', '-m', 'x')
  git('main', 'branch', 'both')
  git('main', 'checkout', '--quiet', '-b', 'feature')
  second = commit('main', { 'f.txt': 'two' })
  git('main', 'tag', 'both')
  git('main', 'update-ref', 'refs/pull/1/head', 'feature')
  git('main', 'checkout', '--quiet', 'trunk')
  server = await startGitServer(root)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  repositories[Symbol.dispose]()
  rmSync(work, { recursive: true, force: true })
})

const source = (more: Partial<GitSource> = {}): GitSource => ({
  remote: remote(),
  keepGitDir: false,
  ...more,
})

const fetched = async <T>(
  wanted: GitSource,
  look: (directory: string, committed: number) => T,
  more = {},
): Promise<T> => {
  const found = await resolveGit(wanted, environment(more), signal)
  using tree = await fetchGit(wanted, found, environment(more), signal)
  return look(tree.directory, tree.committed)
}

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  )

const text = (name: string) => (directory: string) => readFileSync(join(directory, name), 'utf8')

describe('resolveGit', () => {
  it.each([
    [undefined, 'first'],
    ['trunk', 'first'],
    ['feature', 'second'],
    ['light', 'first'],
    ['annotated', 'first'],
    ['refs/tags/annotated', 'first'],
    // A branch goes before a tag.
    ['both', 'first'],
    ['refs/tags/both', 'second'],
    ['refs/pull/1/head', 'second'],
  ])('%s', async (ref, expected) => {
    const found = await resolveGit(source(ref === undefined ? {} : { ref }), environment(), signal)
    expect(found.commit).toBe(expected === 'first' ? first : second)
  })

  it('finds the start of an id, and asks nobody about a whole one', async () => {
    expect((await resolveGit(source({ ref: second.slice(0, 8) }), environment(), signal)).commit).toBe(second)
    const before = server.requests.length
    expect((await resolveGit(source({ ref: first }), environment(), signal)).commit).toBe(first)
    expect(server.requests.length).toBe(before)
  })

  it.each(['nothing', 'abcdef0', '--upload-pack=touch /tmp/x', 'a:b', 'HEAD~1'])(
    'refuses %j',
    async (ref) => {
      await expect(resolveGit(source({ ref }), environment(), signal)).rejects.toMatchObject({
        code: 'ref-not-found',
      })
    },
  )

  it('compares with a checksum', async () => {
    const check = (checksum: string) => resolveGit(source({ ref: 'trunk', checksum }), environment(), signal)
    expect((await check(first.slice(0, 7))).commit).toBe(first)
    await expect(check(second)).rejects.toMatchObject({ code: 'checksum-mismatch' })
  })
})

describe('fetchGit', () => {
  it('writes the files of a commit and nothing else', async () => {
    const seen = await fetched(source(), (directory, committed) => {
      expect(committed).toBe(Date.UTC(2005, 3, 7, 22, 13, 13) / 1000)
      return readdirSync(directory).sort()
    })
    expect(seen).toEqual(['.gitmodules', 'dir', 'f.txt', 'inside', 'lib', 'outside'])
    expect(staged()).toEqual([])
  })

  it('takes submodules that are named relative to it, unless told not to', async () => {
    expect(await fetched(source(), text('lib/lib.txt'))).toBe('lib')
    expect(await fetched(source({ submodules: false }), (d) => readdirSync(join(d, 'lib')))).toEqual([])
  })

  it('takes any ref', async () => {
    for (const ref of ['feature', 'refs/pull/1/head', second, second.slice(0, 9)])
      expect(await fetched(source({ ref }), text('f.txt'))).toBe('two')
    expect(await fetched(source({ ref: first }), text('f.txt'))).toBe('one')
  })

  it('keeps a repository that can be used, without credentials', async () => {
    const wanted = source({
      remote: remote().replace('//', '//user:canary@'),
      keepGitDir: true,
      ref: 'annotated',
    })
    await fetched(wanted, (directory) => {
      expect(readFileSync(join(directory, '.git/HEAD'), 'utf8').trim()).toBe(first)
      for (const file of filesIn(directory)) expect(readFileSync(file, 'latin1')).not.toContain('canary')
      for (const file of filesIn(join(work, 'git')))
        expect(readFileSync(file, 'latin1')).not.toContain('canary')
      expect(existsSync(join(directory, '.git/objects/info/alternates'))).toBe(false)
      expect(repositories.git(join('..', '..', directory), 'describe', '--tags')).toBe('annotated')
      repositories.git(join('..', '..', directory), 'fsck')
    })
  })

  it.each([
    ['light', 'refs/tags/light'],
    ['feature', 'refs/heads/feature'],
  ])('keeps the name %s with the repository', async (ref, name) => {
    await fetched(source({ keepGitDir: true, ref }), (directory) => {
      expect(repositories.git(join('..', '..', directory), 'for-each-ref', '--format=%(refname)')).toBe(name)
    })
  })

  it('goes into a directory, along links that stay inside', async () => {
    expect(await fetched(source({ subdir: 'dir/deep' }), (d) => readdirSync(d))).toEqual(['x'])
    expect(await fetched(source({ subdir: 'inside/deep' }), (d) => readdirSync(d))).toEqual(['x'])
    for (const subdir of ['outside', 'outside/ssl', 'nothing', 'f.txt'])
      await expect(fetched(source({ subdir }), () => {})).rejects.toMatchObject({ code: 'no-subdirectory' })
    expect(staged()).toEqual([])
  })

  it('asks for a commit only once', async () => {
    await fetched(source({ ref: first, submodules: false }), () => {})
    const before = server.requests.length
    await fetched(source({ ref: first, submodules: false }), () => {})
    expect(server.requests.length).toBe(before)
  })

  it('is not stopped by what a killed fetch left', async () => {
    const repository = join(
      work,
      'git',
      readdirSync(join(work, 'git')).find((name) => name.endsWith('.git')) ?? '',
    )
    symlinkSync('/nonexistent', join(repository, 'shallow.lock'))
    rmSync(join(repository, 'objects'), { recursive: true })
    repositories.git(join('..', '..', repository), 'init', '--quiet', '--bare')
    await expect(fetched(source({ ref: second, submodules: false }), text('f.txt'))).resolves.toBe('two')
  })
})

describe('what a repository or a URL may not do', () => {
  it.each([
    [`ext::sh -c touch% ${marker}`],
    ['file:///etc/.git'],
    ['../../../../../../etc'],
    ['--upload-pack=touch /tmp/x'],
  ])('submodule %s', async (url) => {
    const { git, commit } = repositories
    const id = git('library', 'rev-parse', 'HEAD')
    git('evil', 'rm', '-r', '-q', '--cached', '--ignore-unmatch', '.')
    git('evil', 'update-index', '--add', '--cacheinfo', `160000,${id},lib`)
    commit('evil', {
      '.gitmodules': `[submodule "lib"]\n\tpath = lib\n\turl = ${url}\n\tupdate = !touch ${marker}\n`,
    })
    git('evil', 'update-index', '--add', '--cacheinfo', `160000,${id},lib`)
    git('evil', 'commit', '--quiet', '-m', 'x', '--allow-empty')
    await expect(fetched(source({ remote: remote('evil') }), () => {})).rejects.toMatchObject({
      code: 'git-failed',
    })
    expect(existsSync(marker)).toBe(false)
    expect(staged()).toEqual([])
  })

  it.each(['ext::sh -c touch% /tmp/x', 'file:///etc', '/etc', '--upload-pack=x', 'fd::3'])(
    'remote %j',
    async (bad) => {
      await expect(resolveGit(source({ remote: bad }), environment(), signal)).rejects.toMatchObject({
        code: 'git-failed',
      })
    },
  )

  it('runs no program of its attributes, hooks or configuration', async () => {
    const { commit, git } = repositories
    git('evil', 'rm', '-r', '-q', '-f', '--ignore-unmatch', '.')
    commit('evil', {
      '.gitattributes': '* filter=evil\n',
      'hooks/post-checkout': `#!/bin/sh\ntouch ${marker}\n`,
      f: 'x',
    })
    expect(await fetched(source({ remote: remote('evil') }), (d) => lstatSync(join(d, 'f')).isFile())).toBe(
      true,
    )
    expect(existsSync(marker)).toBe(false)
  })

  it('is refused without a program git', async () => {
    await expect(
      resolveGit(source(), environment({ env: { PATH: '/nonexistent' } }), signal),
    ).rejects.toMatchObject({
      code: 'no-git',
    })
  })
})

describe('credentials', () => {
  const basic = `basic ${Buffer.from('x-access-token:canary').toString('base64')}`

  it('are given to the server that they are for', async () => {
    await using closed = await startGitServer(repositories.root, basic)
    const wanted = { ...source({ ref: 'trunk', submodules: false }), remote: `${closed.url}/main/.git` }
    const secret = (id: string) =>
      id === `GIT_AUTH_TOKEN.${new URL(closed.url).host}` ? Buffer.from('canary\n') : undefined
    const error: unknown = await resolveGit(wanted, environment(), signal).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'git-failed', hint: expect.stringContaining('GIT_AUTH_TOKEN') })
    expect(await fetched(wanted, text('f.txt'), { secret })).toBe('one')
    await fetched({ ...wanted, remote: remote() }, () => {}, { secret })
    expect(server.requests.some(({ headers }) => headers.authorization?.includes(basic))).toBe(false)
  })

  it('are not in messages', async () => {
    await using closed = await startGitServer(repositories.root, 'never')
    const bad = { ...source(), remote: closed.url.replace('//', '//user:canary@') }
    const error: unknown = await resolveGit(bad, environment(), signal).catch((caught: unknown) => caught)
    expect(String(error)).toContain('fetch http://127.0.0.1')
    expect(JSON.stringify([String(error), error])).not.toContain('canary')
  })
})
