import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { expectCode, makeDirectory, tsbuild } from '../support/e2e/rig.ts'
import { makeRepositories, startGitServer } from '../support/git-server.ts'
import { startServer } from '../support/http-server.ts'

/** SOURCE_DATE_EPOCH by the name of what it is the time of, through the built program. */

const dockerfile =
  'ARG SOURCE_DATE_EPOCH\nFROM scratch\nARG SOURCE_DATE_EPOCH\nCOPY a /\nENV E=$SOURCE_DATE_EPOCH\n'
/** Of the commits that makeRepositories makes. */
const committed = 1_112_911_993

/** What the image of a build says of its time, and the times of its files. */
const timesOf = async (
  args: readonly string[],
  input = '',
): Promise<{ readonly created: number; readonly env: string | undefined; readonly file: number }> => {
  using out = makeDirectory()
  const archive = join(out.path, 'r.tar')
  expectCode(await tsbuild(['-t', 'dated-by-source', '-o', `type=tar,dest=${archive}`, ...args], { input }))
  expectCode(await tsbuild(['-t', 'dated-by-source', ...args], { input }))
  const [image] = JSON.parse(expectCode(await tsbuild(['inspect', 'dated-by-source'])).stdout) as [
    { Created: string; Config: { Env?: string[] } },
  ]
  expectCode(await tsbuild(['rmi', 'dated-by-source']))
  execFileSync('tar', ['-C', out.path, '-xf', archive, 'a'])
  const file = Number(execFileSync('stat', ['-c', '%Y', join(out.path, 'a')], { encoding: 'utf8' }))
  const env = image.Config.Env?.find((each) => each.startsWith('E='))
  return { created: new Date(image.Created).getTime() / 1000, env, file }
}

const tarAt = (seconds: number): Buffer => {
  using directory = makeDirectory({ Dockerfile: dockerfile, a: 'a' })
  return execFileSync('tar', ['-C', directory.path, `--mtime=@${seconds}`, '-cf', '-', 'Dockerfile', 'a'])
}

it('is the commit of a repository, whose files have that time too', async () => {
  using repositories = makeRepositories()
  repositories.git('r', 'init', '--quiet', '--initial-branch', 'main')
  repositories.commit('r', { Dockerfile: dockerfile, a: 'a' })
  await using git = await startGitServer(repositories.root)
  const context = `${git.url}/r/.git`
  const named = ['--build-arg', 'SOURCE_DATE_EPOCH=context']
  const expected = { created: committed, env: `E=${committed}`, file: committed }
  expect(await timesOf([...named, context])).toEqual(expected)
  const given = ['--build-arg', 'SOURCE_DATE_EPOCH=5']
  expect(await timesOf([...given, context])).toEqual({ created: 5, env: 'E=5', file: committed })
  expect((await timesOf(['--no-cache', ...given, `${context}?mtime=checkout`])).file).toBeGreaterThan(
    committed,
  )
  expect((await timesOf(['--no-cache', context])).file).toBeGreaterThan(committed)
  const stage = `FROM scratch AS src\nADD ${context} /\nFROM scratch\nARG SOURCE_DATE_EPOCH\nCOPY --from=src a /\nENV E=$SOURCE_DATE_EPOCH\n`
  const seen = await timesOf(['--build-arg', 'SOURCE_DATE_EPOCH=src', '-'], stage)
  expect(seen).toMatchObject({ created: committed, env: `E=${committed}` })
})

it('is what the server says of an archive, else its newest file; none for a directory', async () => {
  await using server = await startServer((request, response) => {
    if (request.url === '/told.tar.gz') response.setHeader('last-modified', new Date(9000).toUTCString())
    response.end(gzipSync(tarAt(7)))
  })
  const named = ['--build-arg', 'SOURCE_DATE_EPOCH=context']
  expect(await timesOf([...named, `${server.url}/told.tar.gz`])).toEqual({ created: 9, env: 'E=9', file: 7 })
  expect(await timesOf([...named, `${server.url}/c.tar.gz`])).toEqual({ created: 7, env: 'E=7', file: 7 })
  const other = [
    '--build-arg',
    'SOURCE_DATE_EPOCH=other',
    '--build-context',
    `other=${server.url}/told.tar.gz`,
  ]
  using directory = makeDirectory({ Dockerfile: dockerfile, a: 'a' })
  expect(await timesOf([...other, directory.path])).toMatchObject({ created: 9, env: 'E=9' })
  const now = Date.now() / 1000
  const seen = await timesOf([...named, '--no-cache', directory.path])
  expect(seen.env).toBe('E=')
  expect(seen.created).toBeGreaterThan(now - 5)
  const stage = (name: string): string =>
    `FROM scratch AS src\nADD ${server.url}/${name} /\nFROM scratch\nADD ${server.url}/c.tar.gz /\nENV E=\n`
  for (const [name, created] of [
    ['told.tar.gz', 9],
    ['c.tar.gz', 7],
  ] as const) {
    const args = ['--build-arg', 'SOURCE_DATE_EPOCH=src', '-t', 'dated-by-stage', '-']
    expectCode(await tsbuild(args, { input: stage(name) }))
    const [image] = JSON.parse(expectCode(await tsbuild(['inspect', 'dated-by-stage'])).stdout) as [
      { Created: string },
    ]
    expect(new Date(image.Created).getTime()).toBe(created * 1000)
    expectCode(await tsbuild(['rmi', 'dated-by-stage']))
  }
})
