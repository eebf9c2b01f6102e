import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshName } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, runCommand, tsbuild } from '../support/e2e/rig.ts'

/** What a RUN step says on its standard output, by the plain view's lines. */
const outputOf = async (dockerfile: string, ...options: readonly string[]): Promise<string> => {
  using directory = makeDirectory({ Dockerfile: dockerfile })
  const seen = await tsbuild(['--no-cache', '--progress=plain', ...options, '.'], { cwd: directory.path })
  return expectCode(seen).stderr.replace(/^#\d+ [0-9.]+ /gm, '')
}

test('hosts, limits and shared memory of every RUN', async () => {
  const output = await outputOf(
    'FROM busybox\nRUN cat /etc/hosts; ulimit -n; df -k /dev/shm\n',
    ...['--add-host', 'there:10.1.2.3', '--ulimit', 'nofile=100:200', '--shm-size', '1m'],
  )
  expect(output).toMatch(/^10\.1\.2\.3\s+there$/m)
  expect(output).toMatch(/^100$/m)
  expect(output).toMatch(/\s1024\s.*\/dev\/shm$/m)
})

test('a step that needs more memory than it may have is ended', async () => {
  using directory = makeDirectory({
    Dockerfile: 'FROM busybox\nRUN head -c 64m /dev/zero | tail -c 64m > /dev/null\n',
  })
  const options = { cwd: directory.path }
  expectCode(await tsbuild(['--no-cache', '-m', '1g', '.'], options))
  const seen = await tsbuild(['--no-cache', '-m', '16m', '--memory-swap', '16m', '.'], options)
  expect(expectCode(seen, 137).stderr).toContain('ran out of memory')
})

test('limits are no part of the cache key, hosts are', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM busybox\nRUN date +%N\n' })
  const id = async (...options: readonly string[]): Promise<string> =>
    expectCode(await tsbuild(['-q', ...options, '.'], { cwd: directory.path })).stdout
  const first = await id()
  expect(await id('-m', '1g', '--cpu-shares', '100')).toBe(first)
  expect(await id('--add-host', 'a:1.2.3.4')).not.toBe(first)
})

test('SOURCE_DATE_EPOCH of the environment dates image, history and archive', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nENV a=b\n' })
  const options = { cwd: directory.path, env: { SOURCE_DATE_EPOCH: '1000' } }
  const archive = async (file: string): Promise<Buffer> => {
    const argv = ['--no-cache', '-t', 'dated', '-o', `type=oci,dest=${file}`, '.']
    expectCode(await tsbuild(argv, options))
    return readFileSync(join(directory.path, file))
  }
  expect((await archive('a.tar')).equals(await archive('b.tar'))).toBe(true)
  const [image] = JSON.parse(expectCode(await tsbuild(['inspect', 'dated'])).stdout) as [{ Created: string }]
  expect(new Date(image.Created).getTime()).toBe(1_000_000)
  const history = expectCode(await tsbuild(['history', '--format', '{{.CreatedAt}}', 'dated'])).stdout
  expect(new Set(history.trim().split('\n'))).toEqual(new Set(['1970-01-01T00:16:40Z']))
  expectCode(await tsbuild(['rmi', 'dated']))
})

test('what was built goes to a file; annotations are in the manifest of an archive', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  const argv = ['-t', 'noted', '--annotation', 'a.b=c', '--metadata-file', 'm.json', '--iidfile', 'id']
  const output = ['-o', 'type=oci,dest=layout,tar=false']
  expectCode(await tsbuild([...argv, ...output, '.'], { cwd: directory.path }))
  const read = (file: string): string => readFileSync(join(directory.path, file), 'utf8')
  const metadata = JSON.parse(read('m.json')) as Record<string, string>
  expect(metadata).toMatchObject({
    'containerimage.config.digest': read('id'),
    'image.name': 'docker.io/library/noted:latest',
  })
  const hex = (metadata['containerimage.digest'] ?? '').replace('sha256:', '')
  expect(JSON.parse(read(`layout/blobs/sha256/${hex}`))).toMatchObject({ annotations: { 'a.b': 'c' } })
  expectCode(await tsbuild(['rmi', 'noted']))
})

test('a build for the cache names nothing; the value of a secret is nowhere', async () => {
  using directory = makeDirectory({
    Dockerfile: 'FROM busybox\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token\n',
    token: 'hunter2-hunter2',
  })
  const options = { cwd: directory.path }
  expectCode(
    await tsbuild(['-t', 'unnamed', '-o', 'type=cacheonly', '.', '--secret', 'id=token,src=token'], options),
  )
  expectCode(await tsbuild(['history', 'unnamed']), 1)
  const wrong = await tsbuild(['--secret', 'id=token,value=hunter2-hunter2', '.'], options)
  expect(expectCode(wrong, 2).stderr).not.toContain('hunter2')
})

test('a step gets what is allowed, and no more', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM busybox\nRUN --network=host true\n' })
  const options = { cwd: directory.path }
  expect(expectCode(await tsbuild(['.'], options), 65).stderr).toContain('network.host')
  expectCode(await tsbuild(['--allow', 'network.host', '.'], options))
})

test('a Dockerfile and an ignore file that are left out of the context still do their work', async () => {
  using directory = makeDirectory({
    Dockerfile: 'FROM scratch\nCOPY . /\n',
    '.dockerignore': 'Dockerfile\n.dockerignore\n',
    a: 'a',
  })
  const options = { cwd: directory.path }
  expectCode(await tsbuild(['-o', 'type=tar,dest=/dev/null', '.'], options))
  expectCode(await tsbuild(['-o', 'out', '.'], options))
  expect((await runCommand('ls', ['-A', join(directory.path, 'out')])).stdout).toBe('a\n')
  rmSync(join(directory.path, 'out'), { recursive: true })
  writeFileSync(join(directory.path, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
  const seen = await tsbuild(['.'], options)
  expect(seen.code).not.toBe(0)
  expect(seen.stderr).toContain('.dockerignore:1')
})

test('what is built for and what builds are two platforms', async () => {
  using directory = makeDirectory({
    Dockerfile:
      'FROM --platform=$BUILDPLATFORM busybox\nARG TARGETARCH BUILDARCH\nRUN echo $TARGETARCH-$BUILDARCH\n',
  })
  const seen = await tsbuild(['--no-cache', '--progress=plain', '--platform', 's390x', '.'], {
    cwd: directory.path,
  })
  expect(expectCode(seen).stderr).toMatch(/ s390x-(?!s390x)\w+$/m)
})

test('an image for another machine is used with a warning; the result is for what was asked for', async () => {
  const built = async (dockerfile: string, ...options: readonly string[]): Promise<readonly string[]> => {
    using directory = makeDirectory({ Dockerfile: dockerfile })
    const seen = await tsbuild(['-t', 'foreign', ...options, '.'], { cwd: directory.path })
    const [image] = JSON.parse(expectCode(await tsbuild(['inspect', 'foreign'])).stdout) as [
      { Architecture: string },
    ]
    expectCode(await tsbuild(['rmi', 'foreign']))
    return [image.Architecture, ...(expectCode(seen).stderr.match(/InvalidBaseImagePlatform/g) ?? [])]
  }
  const own = (await built('FROM busybox\n'))[0]
  const constant = 'FROM --platform=linux/s390x busybox\n'
  expect(await built(constant)).toEqual([own, 'InvalidBaseImagePlatform'])
  expect(await built(constant, '--platform', 's390x')).toEqual(['s390x', 'InvalidBaseImagePlatform'])
  expect(await built('FROM --platform=$BUILDPLATFORM busybox\n', '--platform', 's390x')).toEqual(['s390x'])
})

test('a tar of the root has its files only, and neither it nor a directory gets a name', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /a/b\n' })
  const options = { cwd: directory.path }
  for (const output of ['type=tar,dest=a.tar', 'type=local,dest=out'])
    expectCode(await tsbuild(['-t', 'nameless', '-o', output, '.'], options))
  expect((await runCommand('tar', ['tf', join(directory.path, 'a.tar')])).stdout).toBe('a/\na/b\n')
  expect((await runCommand('find', ['.'], { cwd: join(directory.path, 'out') })).stdout).toBe(
    '.\n./a\n./a/b\n',
  )
  expectCode(await tsbuild(['history', 'nameless']), 1)
  expectCode(await tsbuild(['-q', '-t', 'nameless', '-o', 'out', '-o', 'type=image', '.'], options))
  expectCode(await tsbuild(['rmi', 'nameless']))
})

test('a device of a CDI spec is there for the step that asks for it, with leave', async () => {
  const kind = `tsbuild.test/${freshName()}`
  const edits = { deviceNodes: [{ path: '/dev/thing', hostPath: '/dev/null' }], env: ['THING=one'] }
  const spec = { cdiVersion: '0.6.0', kind, devices: [{ name: 'one', containerEdits: edits }] }
  mkdirSync('/etc/cdi', { recursive: true })
  const path = `/etc/cdi/${kind.replace('/', '-')}.json`
  writeFileSync(path, JSON.stringify(spec))
  try {
    using directory = makeDirectory({
      Dockerfile: `FROM busybox\nRUN --device=${kind}=one test -c /dev/thing && echo $THING >/got\nRUN test ! -e /dev/thing\n`,
    })
    const options = { cwd: directory.path }
    expect(expectCode(await tsbuild(['.'], options), 65).stderr).toContain('--allow device')
    expectCode(await tsbuild(['--allow', 'device', '-o', 'out', '.'], options))
    expect(readFileSync(join(directory.path, 'out/got'), 'utf8')).toBe('one\n')
    directory.write('Dockerfile', `FROM busybox\nRUN --device=${kind}=two,required true\n`)
    const missing = await tsbuild(['--allow', 'device', '.'], options)
    expect(missing.code).not.toBe(0)
    expect(missing.stderr).toMatch(/Dockerfile:2:1: error: [\s\S]*hint: /)
  } finally {
    rmSync(path)
  }
})
