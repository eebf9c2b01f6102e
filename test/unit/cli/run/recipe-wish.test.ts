import { expect, test } from 'vitest'
import { recipeWishOf } from '../../../../src/cli/run/recipe-wish.ts'
import type { RunFlags } from '../../../../src/cli/run/run-flags.ts'

const env: Readonly<Record<string, string>> = { TSBUILD_ROOT: '/s', TSBUILD_PULL: 'never' }
const placeOf = (flags: Partial<RunFlags>, more: Readonly<Record<string, string>> = {}, command = ['a b']) =>
  recipeWishOf(
    { healthcheck: true, ...flags },
    { env: { ...env, ...more } },
    ['--rm', 'image', ...command],
    command,
  )

test('the key is what decides, each part with its end, and whether there is a command', () => {
  expect(placeOf({ rm: true })).toEqual({ key: '/s\0\0never\0--rm\0image\0+', atOnce: false })
  expect(placeOf({ rm: true }, {}, [])).toEqual({ key: '/s\0\0never\0--rm\0image\0.', atOnce: false })
})

test('a variable turns it off, or on at once', () => {
  expect(placeOf({}, { TSBUILD_RECIPES: 'off' })).toBeUndefined()
  expect(placeOf({}, { TSBUILD_RECIPES: 'first' })).toMatchObject({ atOnce: true })
})

test('flags whose words say all', () => {
  expect(
    placeOf({ rm: true, interactive: true, network: ['none'], env: ['A=1'], memory: '1g' }),
  ).toBeDefined()
  expect(placeOf({ publish: undefined as never, tty: false })).toBeDefined()
})

const others: readonly Partial<RunFlags>[] = [
  { env: ['A=1', 'OURS'] },
  { envFile: ['f'] },
  { labelFile: ['f'] },
  { volume: ['/a:/b'] },
  { mount: ['type=bind,source=/a,target=/b'] },
  { volumesFrom: ['x'] },
  { cidfile: 'f' },
  { name: 'x' },
  { detach: true },
  { tty: true },
  { pull: 'always' },
  { device: ['/dev/fuse'] },
  { securityOpt: ['seccomp=f'] },
  { healthCmd: 'x' },
  { privileged: true },
]

test.for(others)('not with %o', (flags) => {
  expect(placeOf(flags)).toBeUndefined()
})

test('not where the working directory has a say, or the store is none that the front looks into', () => {
  expect(placeOf({}, { TSBUILD_RUN: 'run' })).toBeUndefined()
  expect(placeOf({}, { TSBUILD_ROOT: 's' })).toBeUndefined()
  expect(placeOf({}, { TSBUILD_RUN: '/run' })).toBeDefined()
  for (const words of [['--root', 's'], ['--root=s']])
    expect(recipeWishOf({ healthcheck: true }, { env }, [...words, '--rm', 'image'], [])).toBeUndefined()
})

test("of podman's flags those whose words say all", () => {
  expect(
    placeOf({ umask: '0077', timeout: '3', unsetenv: ['A'], unsetenvAll: true, replace: false }),
  ).toBeDefined()
  for (const flags of [
    { replace: true },
    { pidfile: 'f' },
    { tz: 'local' },
    { envHost: true },
    { preserveFds: '1' },
    { readOnly: true, readOnlyTmpfs: true },
  ])
    expect(placeOf(flags)).toBeUndefined()
})
