import { join } from 'node:path'
import { expect, it } from 'vitest'
import { expectCode, tsbuild, tsrun } from '../support/e2e/rig.ts'

const example = (name: string): string => join(import.meta.dirname, '../../Dockerfile.examples', name)

const buildAndRun = async (name: string, ...command: string[]): Promise<string> => {
  expectCode(await tsbuild(['-t', name, example(name)]))
  return expectCode(await tsrun(['--rm', '--network=none', name, ...command])).stdout
}

it('hello: an image from scratch with one static program', async () => {
  expect(await buildAndRun('hello')).toBe('Hello from an image that holds nothing but me.\n')
  const [image] = JSON.parse(expectCode(await tsbuild(['inspect', 'hello'])).stdout)
  expect(image.RootFS.Layers).toHaveLength(1)
})

it('href-counter: compiled in one stage, copied by number into another', async () => {
  expect(await buildAndRun('href-counter')).toBe('3 links\n')
})

it('two-builders: stages side by side, and only one of them with --target', async () => {
  expect(await buildAndRun('two-builders')).toBe('one\ntwo\n')
  const only = expectCode(
    await tsbuild([
      '--progress=plain',
      '--no-cache',
      '--target',
      'build1',
      '-t',
      'one',
      example('two-builders'),
    ]),
  )
  expect(only.stderr).toContain('echo one')
  expect(only.stderr).not.toContain('echo two')
})

it('copy-from-image: a file out of another image', async () => {
  expectCode(await tsbuild(['-t', 'hello', example('hello')]))
  expect(await buildAndRun('copy-from-image')).toBe('Hello from an image that holds nothing but me.\n')
})
