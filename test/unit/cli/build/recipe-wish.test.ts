import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildKey } from '../../../../src/cli/build/recipe-wish.ts'

const output = { write: () => undefined, isTTY: false, columns: 80 }
/** As the flag table gives them when nothing is said. */
const unsaid = { cacheFilter: true, network: 'default', cache: true, sync: true }

const keyOf = (
  options: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
  words: readonly string[] = ['build', '.'],
  isTTY = false,
) =>
  buildKey(
    { ...unsaid, ...options },
    { env: { TSBUILD_AGAIN: '1', ...env }, cwd: '/here', stderr: { ...output, isTTY } },
    words,
  )

test('the key is the directory, the variables and the words, each with its end', () => {
  expect(keyOf({}, { TSBUILD_ROOT: '/s', CI: 'yes' })).toBe('build\0/here\0/s\0\0\0\0\0\0yes\0\0.\0')
  expect(keyOf({}, {}, ['-q', '.'])).toBe('build\0/here\0\0\0\0\0\0\0\0\0-q\0.\0')
  expect(keyOf({}, {}, ['build', '-q', '.'])).toBe(keyOf({}, {}, ['-q', '.']))
})

test('the helper knows the same variables in the same order', () => {
  const source = readFileSync(join(import.meta.dirname, '../../../../native/again.c'), 'utf8')
  const list = /variables\[\] = \{([^}]*)\}/.exec(source)?.[1] ?? ''
  const variables = [...list.matchAll(/"(\w+)"/g)].map(([, name = '']) => name)
  const values = Object.fromEntries(variables.map((name, at) => [name, `/${at}`]))
  expect(keyOf({}, values)).toBe(`build\0/here\0${variables.map((_, at) => `/${at}\0`).join('')}.\0`)
})

test('options whose words say all', () => {
  const options = {
    tag: ['a'],
    buildArg: ['A=1'],
    label: ['a=b'],
    target: 't',
    file: 'f',
    quiet: true,
    load: true,
  }
  expect(keyOf(options)).toBeDefined()
  expect(keyOf({ secret: [], pull: false, output: undefined })).toBeDefined()
  expect(keyOf({ buildContext: ['a=b'], iidfile: 'f', metadataFile: 'f' })).toBeDefined()
})

const others: readonly Readonly<Record<string, unknown>>[] = [
  { buildArg: ['A=1', 'OURS'] },
  { cache: false },
  { cacheFilter: ['a'] },
  { sync: false },
  { cacheFrom: ['a'] },
  { cacheTo: ['a'] },
  { output: ['-'] },
  { secret: ['id=a'] },
  { ssh: ['default'] },
  { allow: ['network.host'] },
  { pull: true },
  { pullPolicy: 'always' },
  { push: true },
  { check: true },
  { call: 'outline' },
  { squash: true },
  { rewriteTimestamp: true },
  { root: '/s' },
  { annotation: ['a=b'] },
  { somethingNew: 'x' },
]
test.each(others)('%j decides on more than words', (options) => {
  expect(keyOf(options)).toBeUndefined()
})

test('nobody looks for it', () => {
  expect(keyOf({}, { TSBUILD_AGAIN: '' })).toBeUndefined()
  expect(keyOf({}, { TSBUILD_RECIPES: 'off' })).toBeUndefined()
  expect(keyOf({}, { NODE_OPTIONS: '--x' })).toBeUndefined()
  expect(keyOf({}, { TSBUILD_PULL: 'always' })).toBeUndefined()
  expect(keyOf({}, { TSBUILD_ROOT: 'here' })).toBeUndefined()
  expect(
    keyOf(
      {},
      {},
      Array.from({ length: 65 }, () => 'x'),
    ),
  ).toBeUndefined()
  expect(keyOf({}, {}, ['.'], true)).toBeUndefined()
})
