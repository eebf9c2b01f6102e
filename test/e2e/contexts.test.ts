import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshName } from '../support/e2e/containers.ts'
import {
  type Directory,
  expectCode,
  makeDirectory,
  type RunOptions,
  runCommand,
  tsbuild,
} from '../support/e2e/rig.ts'
import { type GitRepositories, makeRepositories, startGitServer } from '../support/git-server.ts'
import { startServer } from '../support/http-server.ts'
import { zipFile } from '../support/zip-file.ts'

/** Where a build may take its files from, through the built program. */

const dockerfile = 'FROM scratch\nCOPY . /\n'

/** Builds and gives the files of the result, by path, as text. */
const built = async (
  args: readonly string[],
  options: RunOptions = {},
): Promise<Readonly<Record<string, string>>> => {
  using out = makeDirectory()
  expectCode(await tsbuild(['-o', `type=tar,dest=${out.path}/r.tar`, ...args], options))
  const list = execFileSync('tar', ['tf', join(out.path, 'r.tar')], { encoding: 'utf8' })
  const files = list.split('\n').filter((name) => name !== '' && !name.endsWith('/'))
  const read = (name: string): string =>
    execFileSync('tar', ['xOf', join(out.path, 'r.tar'), name], { encoding: 'utf8' })
  return Object.fromEntries(files.map((name) => [name, read(name)]))
}

const tarOf = (files: Readonly<Record<string, string>>): Buffer => {
  using directory = makeDirectory(files)
  return execFileSync('tar', ['-C', directory.path, '-cf', '-', '.'])
}

const compress = (program: string, bytes: Buffer): Buffer =>
  execFileSync(program, ['-c'], { input: bytes, maxBuffer: 1 << 26 })

const files = { Dockerfile: dockerfile, a: 'a', 'sub/b': 'b' }

describe('on standard input', () => {
  it('a Dockerfile has an empty context', async () => {
    const text = 'FROM scratch\nCOPY <<E /x\nhi\nE\n'
    expect(await built(['-'], { input: text })).toEqual({ x: 'hi\n' })
    const refused = await tsbuild(['-'], { input: 'FROM scratch\nCOPY a /\n' })
    expect(expectCode(refused, 1).stderr).toMatch(/:2:1: error: copy "a"[\s\S]*2 \| COPY a \//)
    expect(expectCode(await tsbuild(['-'], { input: 'FORM scratch\n' }), 65).stderr).toContain(
      'did you mean FROM',
    )
    expectCode(await tsbuild(['-f', '-', '-'], { input: text }), 2)
  })

  it('a Dockerfile goes with a directory, whose own is then a file like others', async () => {
    using directory = makeDirectory({ ...files, Dockerfile: 'not looked at\n' })
    const seen = await built(['-f', '-', directory.path], { input: 'FROM scratch\nCOPY a Dockerfile /\n' })
    expect(seen).toEqual({ a: 'a', Dockerfile: 'not looked at\n' })
  })

  const tar = tarOf({ ...files, '.dockerignore': 'a\n', 'other/D': 'FROM scratch\nCOPY sub/b /\n' })
  const expected = { Dockerfile: dockerfile, 'sub/b': 'b', a: 'a' }
  it.each([
    ['as it is', tar],
    ['gzip', gzipSync(tar)],
    ['bzip2', compress('bzip2', tar)],
    ['xz', compress('xz', tar)],
    ['zstd', compress('zstd', tar)],
  ])('a tar (%s), whose ignore file means nothing, as in docker', async (_, input) => {
    expect(await built(['-'], { input })).toMatchObject(expected)
    expect(await built(['-f', 'other/D', '-'], { input })).toEqual({ b: 'b' })
  })

  it('a zip archive', async () => {
    const members = Object.entries(files).map(([name, data]) => ({ name, data }))
    expect(await built(['-'], { input: zipFile(members) })).toEqual(files)
    const evil = zipFile([...members, { name: '../out', data: 'x' }])
    expect((await tsbuild(['-'], { input: evil })).code).not.toBe(0)
  })

  it('nothing, and what is neither', async () => {
    for (const input of ['', '\0\0\0', tar.subarray(0, 2000), gzipSync(tar).subarray(0, 100)])
      expect((await tsbuild(['-'], { input })).stderr).toMatch(/: error: /)
  })
})

describe('a directory', () => {
  it('with a Dockerfile outside, and its own ignore file beside that', async () => {
    using directory = makeDirectory({ ...files, '.dockerignore': 'sub\n' })
    using outside = makeDirectory({ 'D.dev': dockerfile })
    const f = join(outside.path, 'D.dev')
    expect(await built(['-f', f, directory.path])).toEqual({
      Dockerfile: dockerfile,
      a: 'a',
      '.dockerignore': 'sub\n',
    })
    outside.write('D.dev.dockerignore', '*\n!a\n')
    expect(await built(['-f', f, directory.path])).toEqual({ a: 'a' })
  })

  it('that is not there, or has no Dockerfile', async () => {
    using directory = makeDirectory({ dockerfile: '', 'Dockerfile.prod': dockerfile })
    expectCode(await tsbuild([join(directory.path, 'no')]), 2)
    const seen = await tsbuild(['-f', 'Dockerfile.prd', '.'], { cwd: directory.path })
    expect(seen.code).not.toBe(0)
    expect(seen.stderr).toMatch(/Dockerfile\.prd[\s\S]*hint: /)
  })
})

describe('remote', () => {
  let repositories: GitRepositories
  let git: Awaited<ReturnType<typeof startGitServer>>
  beforeAll(async () => {
    repositories = makeRepositories()
    repositories.git('r', 'init', '--quiet', '--initial-branch', 'main')
    repositories.commit('r', { ...files, 'sub/Dockerfile': 'FROM scratch\nCOPY b /from-sub\n' })
    repositories.git('r', 'checkout', '--quiet', '-b', 'dev')
    repositories.commit('r', { a: 'dev' })
    repositories.git('r', 'tag', 'v1')
    repositories.git('r', 'checkout', '--quiet', 'main')
    git = await startGitServer(repositories.root)
  })
  afterAll(async () => {
    await git[Symbol.asyncDispose]()
    repositories[Symbol.dispose]()
  })
  const repository = (rest = ''): string => `${git.url}/r/.git${rest}`

  it.each([
    ['', { a: 'a' }],
    ['#dev', { a: 'dev' }],
    ['#v1', { a: 'dev' }],
    ['#refs/heads/dev', { a: 'dev' }],
    ['#:sub', { 'from-sub': 'b' }],
    ['#dev:sub', { 'from-sub': 'b' }],
    ['?ref=dev', { a: 'dev' }],
    ['?branch=dev&subdir=sub', { 'from-sub': 'b' }],
    ['?tag=v1', { a: 'dev' }],
  ])('a repository, %j', async (rest, expected) => {
    const seen = await built([repository(rest)])
    expect(seen).toMatchObject(expected)
    expect(Object.keys(seen).some((name) => name.startsWith('.git/'))).toBe(false)
  })

  it('a repository whose .git is kept, whose file is named, and whose commit is checked', async () => {
    const kept = await built(['--build-arg', 'BUILDKIT_CONTEXT_KEEP_GIT_DIR=1', repository()])
    expect(Object.keys(kept)).toContain('.git/HEAD')
    expect(await built(['-f', 'sub/Dockerfile', repository('#:sub')]).catch(() => 'no such file')).toBe(
      'no such file',
    )
    const commit = repositories.git('r', 'rev-parse', 'dev')
    expect(await built([repository(`?ref=dev&checksum=${commit}`)])).toMatchObject({ a: 'dev' })
    const wrong = await tsbuild([repository(`?ref=main&checksum=${commit}`)])
    expect(expectCode(wrong, 1).stderr).toMatch(/expected [0-9a-f]{40}[\s\S]*hint: /)
    expect(expectCode(await tsbuild([repository('#no-such')]), 1).stderr).toContain('no-such')
    expectCode(await tsbuild([repository('?nonsense=1')]), 2)
  })

  it('a tar and a Dockerfile over HTTP, and a file that is not there', async () => {
    const answers = new Map<string, string | Buffer>([
      ['/c.tar.gz', gzipSync(tarOf(files))],
      ['/Dockerfile', 'FROM scratch\nCOPY <<E /x\nhi\nE\n'],
      ['/only-a', 'FROM scratch\nCOPY a /\n'],
    ])
    await using server = await startServer((request, response) => {
      const answer = answers.get(request.url ?? '')
      response.writeHead(answer === undefined ? 404 : 200)
      response.end(answer)
    })
    expect(await built([`${server.url}/c.tar.gz`])).toEqual(files)
    expect(await built([`${server.url}/Dockerfile`])).toEqual({ x: 'hi\n' })
    using directory = makeDirectory(files)
    expect(await built(['-f', `${server.url}/only-a`, directory.path])).toEqual({ a: 'a' })
    const missing = expectCode(await tsbuild([`${server.url}/no`]), 69)
    expect(missing.stderr).toContain('404')
  })

  it('named contexts: a directory, an image, a layout, a repository, an archive by URL', async () => {
    using named = makeDirectory({ f: 'directory', ignored: '', '.dockerignore': 'ignored\n' })
    using work = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY a /f\n', a: 'image' })
    await using server = await startServer((_, response) => response.end(tarOf({ f: 'url' })))
    const image = freshName()
    expectCode(await tsbuild(['-t', image, '-o', 'type=oci,dest=layout,tar=false', '.'], { cwd: work.path }))
    const text = 'FROM scratch\nCOPY --from=other . /\n'
    const from = (source: string): ReturnType<typeof built> =>
      built(['--build-context', `other=${source}`, '-'], { input: text, cwd: work.path })
    expect(await from(named.path)).toEqual({ f: 'directory', '.dockerignore': 'ignored\n' })
    expect(await from(`docker-image://${image}`)).toEqual({ f: 'image' })
    expect(await from('oci-layout://./layout')).toEqual({ f: 'image' })
    expect(await from(repository('#:sub'))).toMatchObject({ b: 'b' })
    expect(await from(`${server.url}/x.tar`)).toEqual({ f: 'url' })
    // In place of an image and of a stage, too.
    const base = await built(['--build-context', `busybox=docker-image://${image}`, '-'], {
      input: 'FROM busybox\n',
    })
    expect(base).toEqual({ f: 'image' })
    const stage = 'FROM busybox AS s\nRUN false\nFROM s\n'
    expect(
      await built(['--build-context', 's=oci-layout://layout', '-'], { input: stage, cwd: work.path }),
    ).toEqual({ f: 'image' })
    for (const source of ['docker-image://not-there', 'oci-layout:///not/there', './not-there'])
      expect((await tsbuild(['--build-context', `other=${source}`, '-'], { input: text })).stderr).toMatch(
        /error: [\s\S]*hint: /,
      )
    expectCode(await tsbuild(['rmi', image]))
  })
})

describe('tsbuild context', () => {
  const context = (): Directory =>
    makeDirectory({
      Dockerfile: dockerfile,
      'D.dev': dockerfile,
      'D.dev.dockerignore': 'src\n',
      '.dockerignore': '# what is made\nout\n*.log\n!keep.log\n',
      'src/a.ts': 'x'.repeat(1000),
      'out/big': 'y'.repeat(5000),
      'a.log': '',
      'keep.log': '',
    })

  it('ls lists what a build can copy, which is what a build copies', async () => {
    using directory = context()
    const options = { cwd: directory.path }
    const listed = expectCode(await tsbuild(['context', 'ls', '--format', '{{.Path}}'], options)).stdout
    const copied = await built(['.'], options)
    const shown = listed.split('\n').filter((path) => path !== '' && !path.endsWith('/'))
    expect(shown.toSorted()).toEqual(Object.keys(copied).toSorted())
    const ignored = expectCode(await tsbuild(['context', 'ls', '--ignored'], options)).stdout
    expect(ignored).toMatch(/\.dockerignore:2 +out +out\/$/m)
    expect(ignored).toMatch(/\.dockerignore:3 +\*\.log +a\.log$/m)
    expect(ignored).not.toContain('big')
  })

  it('why names the line that decides', async () => {
    using directory = context()
    const why = async (...args: readonly string[]): Promise<string> =>
      expectCode(await tsbuild(['context', 'why', ...args], { cwd: directory.path })).stdout
    const text = await why('a.log', 'keep.log', 'out/big', 'src/a.ts')
    expect(text).toMatch(/^a\.log +ignored +\.dockerignore:3 +\*\.log/m)
    expect(text).toMatch(/^keep\.log +kept +\.dockerignore:4 +!keep\.log/m)
    expect(text).toMatch(/^out\/big +ignored +\.dockerignore:2 +out/m)
    expect(text).toMatch(/^src\/a\.ts +kept +none/m)
    expect(await why('-f', 'D.dev', 'src/a.ts')).toMatch(/ignored +D\.dev\.dockerignore:1 +src/)
  })

  it('du counts', async () => {
    using directory = context()
    const rows = expectCode(
      await tsbuild(['context', 'du', '--format', 'json'], { cwd: directory.path }),
    ).stdout
    expect(rows).toContain('out')
    const text = expectCode(await tsbuild(['context', 'du'], { cwd: directory.path })).stdout
    expect(text).toMatch(/^1kB +1 +0B +src\/$/m)
    expect(text).toMatch(/^0B +0 +5kB +out\/$/m)
  })

  it('says what is wrong with its words', async () => {
    using directory = context()
    const options = { cwd: directory.path }
    expectCode(await tsbuild(['context', 'lss'], options), 2)
    expectCode(await tsbuild(['context', 'ls', 'no-such'], options), 2)
    expectCode(await tsbuild(['context', 'why'], options), 2)
    directory.write('.dockerignore', '[\n')
    const bad = await tsbuild(['context', 'ls'], options)
    expect(bad.code).not.toBe(0)
    expect(bad.stderr).toContain('.dockerignore:1')
    expect(readFileSync(join(directory.path, '.dockerignore'), 'utf8')).toBe('[\n')
    expect((await runCommand('ls', [], options)).stdout).toContain('keep.log')
  })
})
