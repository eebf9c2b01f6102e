import { expect, test } from 'vitest'
import { recipePlaceOf } from '../../../../src/cli/run/recipe-place.ts'
import type { RunFlags } from '../../../../src/cli/run/run-flags.ts'

const path = '/s/cache/runs/0123456789abcdef'
const cli = { root: '/s', env: { TSBUILD_RECIPE: path, TSBUILD_ROOT: '/s', TSBUILD_PULL: 'never' } }
const placeOf = (flags: Partial<RunFlags>, more: Partial<typeof cli> = {}) =>
  recipePlaceOf({ healthcheck: true, ...flags }, { ...cli, ...more }, ['--rm', 'image', 'a b'])

test('the key is what decides, each part with its end', () => {
  expect(placeOf({ rm: true })).toEqual({ path, key: '/s\0\0never\0--rm\0image\0a b\0' })
})

test('nothing is written where nobody asks, or outside of the store', () => {
  expect(placeOf({}, { env: {} as typeof cli.env })).toBeUndefined()
  expect(placeOf({}, { root: '/other' })).toBeUndefined()
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
