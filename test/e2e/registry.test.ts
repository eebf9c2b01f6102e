import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectCode, makeDirectory, runCommand, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { type DockerRegistry, startDockerRegistry } from '../support/registry/docker-registry.ts'
import { screenOf } from '../support/screen.ts'

/** Images to a registry and back, through the built programs. */

let registry: DockerRegistry
beforeAll(async () => {
  registry = await startDockerRegistry()
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
})

const env = { TSBUILD_PULL: 'missing' }

it('builds, pushes, forgets, pulls, runs and builds on what it has pulled', async () => {
  const name = `${registry.host}/e2e/app:1`
  using context = makeDirectory({ Dockerfile: 'FROM busybox\nRUN echo made >/made\nCMD ["cat", "/made"]\n' })
  const metadata = join(context.path, 'metadata.json')
  const args = ['--network', 'none', '--push', '--metadata-file', metadata, '-t', name, '.']
  expectCode(await tsbuild(args, { cwd: context.path }))
  const { 'containerimage.digest': digest } = JSON.parse(readFileSync(metadata, 'utf8')) as Record<
    string,
    string
  >
  const again = expectCode(await tsbuild(['push', name])).stdout.split('\n')
  expect(again.filter((line) => line.includes('Pushed'))).toEqual([])
  expect(again.at(-2)).toMatch(new RegExp(`^1: digest: ${digest} size: [0-9]+$`))
  expect(expectCode(await tsbuild(['rmi', name])).stdout).toContain('Deleted: ')

  // Not there, so it is pulled.
  const run = expectCode(await tsrun(['--rm', '--network', 'none', name], { env }))
  expect(run.stdout).toBe('made\n')
  expect(run.stderr).toContain(`Unable to find image '${name}' locally`)
  expect(run.stderr).toContain(`Digest: ${digest}`)
  const [inspected] = JSON.parse(expectCode(await tsbuild(['inspect', name])).stdout) as [
    { RepoDigests: string[] },
  ]
  expect(inspected.RepoDigests).toEqual([`${registry.host}/e2e/app@${digest}`])
  const pulled = expectCode(await tsbuild(['pull', name])).stdout
  expect(pulled).toBe(
    `1: Pulling from e2e/app\nDigest: ${digest}\nStatus: Image is up to date for ${name}\n${name}\n`,
  )
  expectCode(await tsbuild(['rmi', name]))

  // On a terminal what moves is taken away in the end, and what stays is as elsewhere.
  const command = `stty rows 24 cols 80; exec '${join(import.meta.dirname, '../../bin/tsbuild')}' pull ${name}`
  using fresh = makeDirectory()
  const roots = { TSBUILD_ROOT: join(fresh.path, 'store'), TSBUILD_RUN: join(fresh.path, 'run') }
  const seen = expectCode(await runCommand('script', ['-qec', command, '/dev/null'], { env: roots })).stdout
  expect(seen).toContain('\u001b[1A')
  const screen = screenOf(seen)
  expect(screen.slice(-3)).toEqual([`Digest: ${digest}`, `Status: Downloaded newer image for ${name}`, name])
  expect(
    screen.slice(1, -3).every((line) => /^[0-9a-f]{12}: (Pull complete|Already exists)$/.test(line)),
  ).toBe(true)

  // FROM by its digest, which no tag leads to any more.
  const pinned = `${registry.host}/e2e/app@${digest}`
  using other = makeDirectory({ Dockerfile: `FROM ${pinned}\nRUN cat /made >/copy\n` })
  const built = await tsbuild(['--network', 'none', '-t', 'e2e-registry', '.'], { cwd: other.path, env })
  expect(expectCode(built).stderr).toContain(`pull ${pinned}`)
  expect(expectCode(await tsrun(['--rm', '--network', 'none', 'e2e-registry', 'cat', '/copy'])).stdout).toBe(
    'made\n',
  )
  expectCode(await tsbuild(['rmi', 'e2e-registry']))
})

it('says what is wrong with a name, and ends as docker does', async () => {
  const missing = `${registry.host}/e2e/nothing:1`
  const pull = await tsbuild(['pull', missing])
  expect([pull.code, pull.stderr]).toEqual([1, expect.stringContaining('the registry has no such image')])
  const run = await tsrun(['--rm', missing], { env })
  expect([run.code, run.stderr]).toEqual([125, expect.stringContaining('the registry has no such image')])
  expect((await tsrun(['--rm', '--pull=never', missing], { env })).stderr).not.toContain('registry')
  using context = makeDirectory({ Dockerfile: `FROM ${missing}\n` })
  const build = await tsbuild(['.'], { cwd: context.path, env })
  expect([build.code, build.stderr]).toEqual([1, expect.stringContaining('Dockerfile:1:1')])
  const push = await tsbuild(['push', missing])
  expect([push.code, push.stderr]).toEqual([1, expect.stringContaining('it is not in the store')])
  expect((await tsbuild(['pull', '127.0.0.1:1/x'])).code).toBe(69)
})
