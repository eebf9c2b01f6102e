import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillBusyboxRoot } from '../support/busybox-root.ts'
import { eventually } from '../support/e2e/containers.ts'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { mountsFiles } from '../support/mounts-files.ts'

/** Layers that are mounted as images over their tars (docs/adr/0006): here one of 3,000 files. */
const place = makeDirectory()
const store = join(place.path, 'store')
const own = { env: { TSBUILD_ROOT: store, TSBUILD_RUN: join(place.path, 'run') } }
const answer = join(store, 'cache/images')
beforeAll(async () => {
  const many = Array.from({ length: 3000 }, (_, i) => [`many/d${i % 30}/f${i}`, `file ${i}\n`])
  using context = makeDirectory({
    ...Object.fromEntries(many),
    Dockerfile: 'FROM scratch\nCOPY root /\nCOPY many /many\n',
  })
  fillBusyboxRoot(join(context.path, 'root'))
  expectCode(await tsbuild(['-q', '-t', 'app', context.path], own))
})
afterAll(() => place[Symbol.dispose]())

const run = async (...args: readonly string[]): Promise<string> =>
  expectCode(await tsrun(['--rm', '--network=none', ...args], own)).stdout

const loops = (below = store): readonly string[] =>
  readdirSync('/sys/block').filter((name) => {
    try {
      return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').startsWith(`${below}/`)
    } catch {
      return false
    }
  })

const start = async () => {
  const id = expectCode(await tsrun(['-d', '--network=none', 'app', 'sleep', '1000'], own)).stdout.trim()
  return {
    read: async (path: string) => expectCode(await tsrun(['exec', id, 'cat', path], own)).stdout,
    [Symbol.asyncDispose]: async () => void (await tsrun(['rm', '-f', id], own)),
  }
}

test('the first run finds out how they are mounted', async () => {
  expect(await run('app', 'cat', '/many/d7/f37')).toBe('file 37\n')
  expect(readFileSync(answer, 'utf8')).toMatch(mountsFiles(store) ? / files\n$/ : / loops\n$/)
})

describe.each(mountsFiles(place.path) ? ['files', 'loops'] : ['loops'])('mounted from %s', (backing) => {
  beforeAll(() => writeFileSync(answer, readFileSync(answer, 'utf8').replace(/\w+\n$/, `${backing}\n`)))

  test('a container has its files, and loop devices only where they are asked for', async () => {
    await using container = await start()
    expect(loops()).toHaveLength(backing === 'files' ? 0 : 2)
    expect(await container.read('/many/d29/f2999')).toBe('file 2999\n')
  })
  test('runs that are repeated have them, too', async () => {
    const script = 'cat /many/*/* | wc -l; echo x >> /many/d0/f0; cat /many/d0/f0'
    for (let i = 0; i < 3; i++) expect(await run('app', 'sh', '-c', script)).toBe('3000\nfile 0\nx\n')
  })
  test('a privileged container mounts an overlay on directories of its root', async () => {
    const script = `
      mkdir /m /t && mount -t tmpfs t /t && mkdir /t/upper /t/work
      mount -t overlay o -o lowerdir=/many/d3,upperdir=/t/upper,workdir=/t/work /m
      rm /m/f33; echo y > /m/f63; ls /m | wc -l; cat /m/f63 /many/d3/f33`
    expect(await run('--privileged', 'app', 'sh', '-euc', script)).toBe('99\ny\nfile 33\n')
  })
  test('no loop device is left when they have ended', () => eventually(() => loops().length === 0))
})

test('a store in memory, of which the kernel takes no files, has them on loop devices', async () => {
  const memory = join(place.path, 'memory')
  mkdirSync(memory)
  execFileSync('mount', ['-t', 'tmpfs', 'tsbuild-test', memory])
  try {
    const inMemory = { env: { ...own.env, TSBUILD_ROOT: join(memory, 'store') } }
    expectCode(await tsbuild(['save', '-o', join(place.path, 'app.tar'), 'app'], own))
    expectCode(await tsbuild(['load', '-q', '-i', join(place.path, 'app.tar')], inMemory))
    const ran = await tsrun(['--rm', '--network=none', 'app', 'cat', '/many/d29/f2999'], inMemory)
    expect(expectCode(ran).stdout).toBe('file 2999\n')
    expect(readFileSync(join(memory, 'store/cache/images'), 'utf8')).toMatch(/ loops\n$/)
  } finally {
    await eventually(() => loops(memory).length === 0)
    execFileSync('umount', ['--lazy', memory])
  }
})

test('a running container goes on reading what is removed from the store', async () => {
  await using container = await start()
  rmSync(join(store, 'content/blobs'), { recursive: true })
  for (const name of readdirSync(join(store, 'layers'), { recursive: true, encoding: 'utf8' }))
    if (/^[^/]+\/image-/.test(name)) rmSync(join(store, 'layers', name))
  expect(await container.read('/many/d29/f2999')).toBe('file 2999\n')
})
