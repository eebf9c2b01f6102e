import { describe, expect, it } from 'vitest'
import { hostOf, parseGitRef, parseSourceUrl, shownUrl } from '../../../../src/build/source-url/index.ts'

const git = (remote: string, rest: object = {}): object => ({
  kind: 'git',
  remote,
  shortName: 'bar',
  ambiguous: false,
  ...rest,
})

describe('parseSourceUrl', () => {
  it.each([
    ['https://h/foo/bar.git', git('https://h/foo/bar.git')],
    ['https://h/foo/bar.git#dead', git('https://h/foo/bar.git', { ref: 'dead' })],
    ['https://h/bar.git#rel/1.2:a/b', git('https://h/bar.git', { ref: 'rel/1.2', subdir: 'a/b' })],
    ['https://h/bar.git#:a', git('https://h/bar.git', { subdir: 'a' })],
    ['https://h/bar.git#:/', git('https://h/bar.git')],
    ['https://h/bar.git#a%2Fb', git('https://h/bar.git', { ref: 'a/b' })],
    ['https://h/bar.git#:../../a', git('https://h/bar.git', { subdir: 'a' })],
    ['https://u:p@h/bar.git', git('https://u:p@h/bar.git')],
    ['git://h/foo/bar', git('git://h/foo/bar')],
    ['ssh://git@h:22/foo/bar', git('ssh://git@h:22/foo/bar')],
    ['git@h:foo/bar.git#v1', git('git@h:foo/bar.git', { ref: 'v1' })],
    ['git@h:bar', git('git@h:bar')],
    ['github.com/foo/bar', git('https://github.com/foo/bar', { ambiguous: true })],
    ['https://h/bar.git?ref=v1&subdir=/s', git('https://h/bar.git', { ref: 'v1', subdir: 's' })],
    ['https://h/bar.git?tag=v1', git('https://h/bar.git', { ref: 'refs/tags/v1' })],
    ['https://h/bar.git?branch=b', git('https://h/bar.git', { ref: 'refs/heads/b' })],
    ['https://h/bar.git?checksum=ABCDEF0', git('https://h/bar.git', { ref: 'abcdef0', checksum: 'abcdef0' })],
    [
      'https://h/bar.git?branch=b&commit=abcdef0',
      git('https://h/bar.git', { ref: 'refs/heads/b', checksum: 'abcdef0' }),
    ],
    [
      'https://h/bar.git?keep-git-dir&submodules=false&mtime=commit',
      git('https://h/bar.git', { keepGitDir: true, submodules: false, mtime: 'commit' }),
    ],
  ])('takes %s for a repository', (text, expected) => {
    expect(parseSourceUrl(text)).toEqual(expected)
  })

  it.each([
    ['https://h/', { kind: 'http', url: 'https://h/' }],
    ['https://h/a/b.tar.gz?x=1#f', { kind: 'http', url: 'https://h/a/b.tar.gz?x=1', filename: 'b.tar.gz' }],
    ['http://h/bar.git/', { kind: 'http', url: 'http://h/bar.git/' }],
    ['http://h/bar.git:#branch', { kind: 'http', url: 'http://h/bar.git:', filename: 'bar.git:' }],
    ['http://h/a%20b', { kind: 'http', url: 'http://h/a%20b', filename: 'a b' }],
    ['http://h/a%2f..', { kind: 'http', url: 'http://h/a%2f..' }],
  ])('takes %s for a file', (text, expected) => {
    expect(parseSourceUrl(text)).toEqual(expected)
  })

  it.each([
    '.',
    './bar.git',
    '../bar.git',
    'bar.git',
    'x.yz/foo/bar.git',
    'ftp://h/x',
    'file:///x.git',
    'a/b:c',
    '',
    'git@-oProxyCommand=x:bar',
    '-x@h:bar',
  ])('leaves %j alone', (text) => {
    expect(parseSourceUrl(text)).toEqual({ kind: 'other' })
  })

  it.each([
    ['https://h/bar.git#--upload-pack=x', /branch, tag or commit/],
    ['https://h/bar.git?ref=a:b', /branch, tag or commit/],
    ['https://h/bar.git?ref=a&branch=b', /two refs/],
    ['https://h/bar.git?tag=a&branch=b', /a tag and a branch/],
    ['https://h/bar.git?ref=a#b', /in the fragment/],
    ['https://h/bar.git?x=a', /its query has "x"/],
    ['https://h/bar.git?ref=', /no value for ref/],
    ['https://h/bar.git?ref=a&ref=b', /ref twice/],
    ['https://h/bar.git?submodules=x', /true or false/],
    ['https://h/bar.git?commit=xyz', /hex digits/],
    ['ssh://-oProxyCommand=x/bar', /starts with a dash|scheme/],
    ['http://', /expected scheme/],
  ])('refuses %s', (text, message) => {
    expect(parseSourceUrl(text)).toMatchObject({ kind: 'bad', message: expect.stringMatching(message) })
  })

  it('shows no credentials in its messages', () => {
    expect(JSON.stringify(parseSourceUrl('https://user:canary@h/bar.git?x=canary'))).not.toContain('canary')
  })
})

describe('shownUrl', () => {
  it.each([
    ['https://u:p@h:1/a?t=s#f', 'https://h:1/a?...'],
    ['https://a@b@h/x', 'https://h/x'],
    ['git@h:a/b', 'git@h:a/b'],
    ['https://h/a\u001b[31m', 'https://h/a?[31m'],
  ])('%j', (url, shown) => {
    expect(shownUrl(url)).toBe(shown)
  })

  it('finds the host', () => {
    expect(['https://u:p@H:1/a', 'git@h:a/b', 'ssh://x@h/a', './a'].map(hostOf)).toEqual([
      'h:1',
      'h',
      'h',
      '',
    ])
  })
})

describe('parseGitRef', () => {
  it.each(['main', 'a/b', 'refs/pull/1/head', 'v1.0', 'HEAD', 'abcdef0'])('takes %s', (ref) => {
    expect(parseGitRef(ref)).toBe(ref)
  })

  it.each([
    '-x',
    '--upload-pack=x',
    'a..b',
    'a:b',
    '+a',
    'a b',
    'a^',
    'a~1',
    '@{1}',
    'a.lock',
    '/a',
    'a/',
    'a\n',
  ])('refuses %j', (ref) => {
    expect(parseGitRef(ref)).toBeUndefined()
  })
})
