import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillBusyboxRoot } from '../support/busybox-root.ts'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'
import { mountsFiles } from '../support/mounts-files.ts'

/** A COPY of 5,200 files after one of them changed: its layer is a patch of the first one, and mounted as such. */
const place = makeDirectory()
const store = join(place.path, 'store')
const own = { env: { TSBUILD_ROOT: store, TSBUILD_RUN: join(place.path, 'run') } }
const context = makeDirectory({ Dockerfile: 'FROM scratch\nCOPY root /\nCOPY many /many\n' })
const textOf = (i: number): string => `file ${i}\n`.repeat(700)
const build = async (tag: string, dockerfile = 'Dockerfile'): Promise<void> => {
  // Stamps that are no older than the last look are not believed.
  await sleep(100)
  expectCode(await tsbuild(['-q', '-t', tag, '-f', join(context.path, dockerfile), context.path], own))
}
const run = async (...args: readonly string[]): Promise<string> =>
  expectCode(await tsrun(['--rm', '--network=none', ...args], own)).stdout

/** Files of all layers by a name that begins so. */
const layerFiles = (name: string): readonly string[] =>
  readdirSync(join(store, 'layers'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.split('/').length === 2 && path.split('/')[1]?.startsWith(name))
    .map((path) => join(store, 'layers', path))
const largeBlobs = (): number => {
  const blobs = join(store, 'content/blobs/sha256')
  return readdirSync(blobs).filter((name) => statSync(join(blobs, name)).size > 10 << 20).length
}

beforeAll(async () => {
  fillBusyboxRoot(join(context.path, 'root'))
  for (let i = 0; i < 5200; i++) context.write(`many/d${i % 30}/f${i}`, textOf(i))
  await build('first')
  writeFileSync(join(context.path, 'many/d7/f37'), 'changed\n')
  await build('second')
})
afterAll(() => {
  place[Symbol.dispose]()
  context[Symbol.dispose]()
})

const script = 'cat /many/d7/f37; cat /many/d7/f67 /many/d8/f38 /many/*/* | md5sum'
const expectSecond = async (read: () => Promise<string>): Promise<void> => {
  const [changed, sum] = (await read()).split('\n')
  expect(changed).toBe('changed')
  expectedSum ??= sum
  expect(sum).toBe(expectedSum)
}
let expectedSum: string | undefined

test('one file changed: the layer is a patch', () => {
  expect(layerFiles('patch')).toHaveLength(1)
  expect(largeBlobs()).toBe(1)
})
describe.each(mountsFiles(place.path) ? ['files', 'loops'] : ['loops'])('mounted from %s', (backing) => {
  beforeAll(async () => {
    await run('first', 'true')
    const answer = join(store, 'cache/images')
    writeFileSync(answer, readFileSync(answer, 'utf8').replace(/\w+\n$/, `${backing}\n`))
  })
  test('its containers have the changed file and the others, also when they are repeated', async () => {
    for (let i = 0; i < 3; i++) await expectSecond(() => run('second', 'sh', '-c', script))
    expect(await run('second', 'cat', '/many/d29/f5189')).toBe(textOf(5189))
    expect(await run('first', 'cat', '/many/d7/f37')).toBe(textOf(37))
  })
  test('a RUN behind it has them', async () => {
    const name = `Dockerfile.${backing}`
    const lines = [
      'FROM second',
      `RUN : ${backing}; { ${script}; } > /sum; rm /many/d0/f0; mv /many/d9 /moved`,
    ]
    writeFileSync(join(context.path, name), `${lines.join('\n')}\n`)
    await build('third', name)
    await expectSecond(() => run('third', 'cat', '/sum'))
    expect(await run('third', 'sh', '-c', 'ls -d /many/d9 /many/d0/f0 2>&1 | wc -l; cat /moved/f39')).toBe(
      `2\n${textOf(39)}`,
    )
  })
})
test('none of that needed its whole tar, or its tree', () => {
  expect(largeBlobs()).toBe(1)
  expect(layerFiles('tree').filter((path) => existsSync(join(path, 'many/d5')))).toEqual([])
})
test('it is as it would be without a patch', async () => {
  const other = { env: { ...own.env, TSBUILD_ROOT: join(place.path, 'other') } }
  expectCode(await tsbuild(['-q', '-t', 'second', context.path], other))
  const layers = async (options: typeof own): Promise<string> =>
    expectCode(await tsbuild(['inspect', '--format', '{{json .RootFS.Layers}}', 'second'], options)).stdout
  expect(await layers(own)).toBe(await layers(other))
  const ran = await tsrun(['--rm', '--network=none', 'second', 'sh', '-c', script], other)
  await expectSecond(async () => expectCode(ran).stdout)
})
test('a damaged image of it is found and made again', async () => {
  const image = layerFiles('image-').find((path) => /-[0-9a-f]{24}$/.test(path)) ?? ''
  truncateSync(image, statSync(image).size - 512)
  const found = await tsbuild(['fsck'], own)
  expect(found.code).toBe(1)
  expect(found.stdout + found.stderr).toContain('its image is not the one that its index makes')
  expectCode(await tsbuild(['fsck', '--repair'], own))
  await expectSecond(() => run('second', 'sh', '-c', script))
})
