import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshName, startDetached, watchLeftovers } from '../support/e2e/containers.ts'
import { expectCode, tsbuild, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const once = (...words: readonly string[]) => tsrun(['--rm', '--network', 'none', ...words])
const volumes = async (): Promise<readonly string[]> =>
  (await tsrun(['volume', 'ls', '-q'])).stdout.split('\n').filter((name) => name !== '')

const context = mkdtempSync(join(tmpdir(), 'tsbuild-volumes-'))
afterAll(() => rmSync(context, { recursive: true, force: true }))

/** An image with a declared volume that has content, and a link that leads out of the root. */
const image = async (): Promise<string> => {
  const name = freshName()
  const lines = [
    'FROM busybox',
    'RUN mkdir -p /data/sub && echo hi >/data/f && ln /data/f /data/h && chown 5:6 /data/sub && chmod 1777 /data',
    'RUN ln -s ../../../../../../etc /out && ln -s data /link',
    'VOLUME /data',
  ]
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`)
  expect(await tsbuild(['-t', name, context])).toMatchObject({ code: 0 })
  return name
}

test('a volume gets what the image has there, once, and keeps what is written to it', async () => {
  const [from, name] = [await image(), freshName()]
  const look = 'stat -c "%n %u:%g %a %h" /data /data/f /data/sub; echo more >>/data/f'
  const first = await once('-v', `${name}:/data`, from, 'sh', '-c', look)
  expect(first).toMatchObject({
    code: 0,
    stdout: '/data 0:0 1777 3\n/data/f 0:0 644 2\n/data/sub 5:6 755 2\n',
  })
  expect(await once('-v', `${name}:/data`, from, 'cat', '/data/h')).toMatchObject({ stdout: 'hi\nmore\n' })
  expect(await once('-v', `${name}:/x:ro`, 'busybox', 'touch', '/x/y')).toMatchObject({ code: 1 })
  expect(
    await once('--mount', `source=${name},target=/x,volume-subpath=sub`, from, 'stat', '-c', '%u', '/x'),
  ).toMatchObject({ stdout: '5\n' })
  const nocopy = freshName()
  expect(await once('-v', `${nocopy}:/data:nocopy`, from, 'ls', '/data')).toMatchObject({ stdout: '' })
  expect(await tsrun(['volume', 'rm', name, nocopy])).toMatchObject({
    code: 0,
    stdout: `${name}\n${nocopy}\n`,
  })
})

test('anonymous volumes go with their container, named ones and those of others stay', async () => {
  const [from, first, second, named] = [await image(), freshName(), freshName(), freshName()]
  const before = await volumes()
  await once('-v', '/other', from, 'true')
  expect(await volumes()).toEqual(before)
  await tsrun(['create', '--network', 'none', '--name', first, '-v', `${named}:/n`, from, 'true'])
  await tsrun([
    'create',
    '--network',
    'none',
    '--name',
    second,
    '--volumes-from',
    `${first}:ro`,
    'busybox',
    'touch',
    '/data/x',
  ])
  expect(await tsrun(['start', '-a', second])).toMatchObject({ code: 1 })
  expect((await volumes()).length).toBe(before.length + 2)
  expect(await tsrun(['volume', 'rm', named])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(first),
  })
  await tsrun(['rm', '-v', first])
  expect((await volumes()).length).toBe(before.length + 2)
  await tsrun(['rm', '-v', second])
  expect((await volumes()).filter((name) => !before.includes(name))).toEqual([named])
  expect(await tsrun(['volume', 'prune', '-f'])).toMatchObject({
    code: 0,
    stdout: 'Total reclaimed space: 0B\n',
  })
  expect(await tsrun(['volume', 'rm', named])).toMatchObject({ code: 0 })
})

test('mounts spread as far as their propagation says', async () => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-spread-'))
  const sh = (script: string): string =>
    execFileSync('sh', ['-ec', `cd ${path}; ${script}`], { encoding: 'utf8' })
  sh('mount -t tmpfs none .')
  try {
    sh('mount --make-shared .; mkdir in out')
    const bound = async (mode: string) => {
      const flags = ['--network=none', '--privileged', '-v', `${path}:/m${mode}`]
      return startDetached(...flags, 'busybox', 'sleep', '1000')
    }
    await using shared = await bound(':rshared')
    await using slave = await bound(':rslave')
    await using own = await bound('')
    sh('mount -t tmpfs none in; touch in/seen')
    const seen = (id: string) => tsrun(['exec', id, 'ls', '/m/in'])
    expect((await seen(shared.id)).stdout).toBe('seen\n')
    expect((await seen(slave.id)).stdout).toBe('seen\n')
    expect((await seen(own.id)).stdout).toBe('')
    const mount = 'mount -t tmpfs none /m/out && touch /m/out/made'
    for (const { id } of [slave, own])
      expectCode(await tsrun(['exec', '--privileged', id, 'busybox', 'sh', '-c', mount]))
    expect(sh('ls out')).toBe('')
    expectCode(await tsrun(['exec', '--privileged', shared.id, 'busybox', 'sh', '-c', mount]))
    expect(sh('ls out')).toBe('made\n')
  } finally {
    execFileSync('umount', ['-R', path])
    rmSync(path, { recursive: true })
  }
})

test('memory over a directory of the image keeps its mode, and is open to all elsewhere', async () => {
  const flags = ['--user=5', '--tmpfs=/etc', '--tmpfs=/new/t', '--tmpfs=/var:mode=711']
  const memory = '--mount=type=tmpfs,target=/root,readonly'
  const shown = await once(...flags, memory, 'busybox', 'stat', '-c', '%a', '/etc', '/new/t', '/var', '/root')
  expect(shown).toMatchObject({ code: 0, stdout: '755\n1777\n711\n755\n' })
})

test('mount points never lead out of the root', async () => {
  const [from, name] = [await image(), freshName()]
  const shown = await once(
    '-v',
    `${name}:/out/made`,
    '--tmpfs',
    '/link/t',
    from,
    'sh',
    '-c',
    'grep -c -E " /(etc/made|data/t) " /proc/mounts',
  )
  expect(shown).toMatchObject({ code: 0, stdout: '2\n' })
  expect(await once('-v', `${name}:/etc/passwd`, 'busybox', 'true')).toMatchObject({ code: 125 })
  expect(await once('-v', `${name}:/a`, '--tmpfs', '/a/', 'busybox', 'true')).toMatchObject({ code: 125 })
  await tsrun(['volume', 'rm', name])
})

test('images can be mounted, read-only; driver options are obeyed', async () => {
  const from = await image()
  const shown = await once(
    '--mount',
    `type=image,source=${from},target=/i`,
    'busybox',
    'sh',
    '-c',
    'cat /i/data/f; touch /i/x 2>/dev/null || echo no',
  )
  expect(shown).toMatchObject({ code: 0, stdout: 'hi\nno\n' })
  const name = freshName()
  const create = [
    'volume',
    'create',
    name,
    '-o',
    'type=tmpfs',
    '-o',
    'device=tmpfs',
    '-o',
    'o=size=1m',
    '--label',
    'a=b',
  ]
  expect(await tsrun(create)).toMatchObject({ code: 0, stdout: `${name}\n` })
  expect((await once('-v', `${name}:/x`, 'busybox', 'grep', ' /x ', '/proc/mounts')).stdout).toContain(
    'size=1024k',
  )
  const inspect = await tsrun(['volume', 'inspect', '-f', '{{.Driver}} {{.Labels.a}} {{.Options.o}}', name])
  expect(inspect.stdout).toBe('local b size=1m\n')
  expect(await tsrun(['volume', 'inspect', freshName()])).toMatchObject({ code: 1, stdout: '[]\n' })
  await tsrun(['volume', 'rm', name])
})
