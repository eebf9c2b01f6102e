import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillBusyboxRoot } from '../support/busybox-root.ts'
import { expectCode, makeDirectory, tsbuild, tsrun } from '../support/e2e/rig.ts'

/** A COPY after one of many files has changed keeps its layer as a patch of the one before (docs/adr/0009). */
const place = makeDirectory()
const at = (name: string) => ({
  env: { TSBUILD_ROOT: join(place.path, name), TSBUILD_RUN: join(place.path, `${name}.run`) },
})
const own = at('store')
const files = 2100
const nameOf = (file: number): string => `many/d${file % 30}/f${file}`
const many = Array.from({ length: files }, (_, file) => [nameOf(file), `file ${file}\n`.repeat(600)])
const context = makeDirectory({
  ...Object.fromEntries(many),
  Dockerfile: 'FROM scratch\nCOPY root /\nCOPY many /many\n',
})
const build = async (): Promise<string> => {
  // Stamps that are no older than the last look are not believed.
  await sleep(100)
  return expectCode(await tsbuild(['-q', '-t', 'app', context.path], own)).stdout.trim()
}
const edit = (file: number): void => appendFileSync(join(context.path, nameOf(file)), 'more\n')
const run = async (store: ReturnType<typeof at>, ...argv: readonly string[]): Promise<string> =>
  expectCode(await tsrun(['--rm', '--network=none', 'app', ...argv], store)).stdout

/** The patches of a store, by their sizes in bytes. */
const patches = (): readonly number[] =>
  readdirSync(join(place.path, 'store/layers')).flatMap((id) => {
    const path = join(place.path, 'store/layers', id, 'patch')
    return existsSync(path) ? [statSync(path).size] : []
  })
const sumOf = async (store: ReturnType<typeof at>): Promise<string> =>
  run(store, 'sh', '-c', 'cat /many/d*/f* | sha256sum')
const check = async (store: ReturnType<typeof at>): Promise<void> => {
  expect(expectCode(await tsbuild(['fsck'], store)).stdout).toContain('nothing is damaged')
}

beforeAll(async () => {
  fillBusyboxRoot(join(context.path, 'root'))
  await build()
})
afterAll(() => {
  place[Symbol.dispose]()
  context[Symbol.dispose]()
})

test('a build after an edit writes the directory that has changed', async () => {
  edit(7)
  await build()
  edit(8)
  await build()
  const sizes = patches()
  expect(sizes).toHaveLength(2)
  expect(Math.max(...sizes)).toBeLessThan(3 << 20)
  await check(own)
})

test('its image runs, and has what was edited', async () => {
  expect(await run(own, 'tail', '-n2', `/${nameOf(7)}`)).toBe('file 7\nmore\n')
  expect(await run(own, 'tail', '-n2', `/${nameOf(8)}`)).toBe('file 8\nmore\n')
  expect(await run(own, 'tail', '-n1', `/${nameOf(9)}`)).toBe('file 9\n')
})

test('it is the image that a build of all of it makes', async () => {
  const cold = expectCode(await tsbuild(['-q', '-t', 'app', context.path], at('cold'))).stdout.trim()
  const layersOf = async (store: ReturnType<typeof at>): Promise<unknown> =>
    JSON.parse(expectCode(await tsbuild(['inspect', 'app'], store)).stdout)[0].RootFS
  expect(cold).toMatch(/^sha256:/)
  expect(await layersOf(own)).toEqual(await layersOf(at('cold')))
  expect(await sumOf(own)).toBe(await sumOf(at('cold')))
})

test('it is whole where it is loaded', async () => {
  const archive = join(place.path, 'app.tar')
  expectCode(await tsbuild(['save', '-o', archive, 'app'], own))
  expect(readFileSync(archive).length).toBeGreaterThan(files * 5000)
  expectCode(await tsbuild(['load', '-q', '-i', archive], at('elsewhere')))
  expect(await sumOf(at('elsewhere'))).toBe(await sumOf(own))
  await check(at('elsewhere'))
})

test('it outlives the image that it was made from', async () => {
  edit(9)
  await build()
  const before = await sumOf(own)
  expectCode(await tsbuild(['builder', 'prune', '-a', '-f'], own))
  expectCode(await tsbuild(['prune', '-f'], own))
  expect(await sumOf(own)).toBe(before)
  await check(own)
})
