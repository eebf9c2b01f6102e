import { join } from 'node:path'
import type { Random } from '../chaos/random.ts'
import { largeOperations } from './large-operations.ts'
import { gone, type MakeOperation, type Operation, operation } from './operation.ts'
import { sharingOperations } from './sharing-operations.ts'
import type { World } from './world.ts'

/** The commands that a worker could give now, with their words chosen. */
export const operations = (world: World, random: Random, worker: number): readonly Operation[] => {
  const i = random.below(world.contexts.length)
  const j = random.below(world.contexts.length)
  const context = world.contexts[i] ?? ''
  const words = { i, j, context, saved: join(world.work, `saved-${random.below(1000)}.tar`) }
  return [
    ...imageOperations(world, words, operation),
    ...upkeepOperations(operation),
    ...containerOperations(words, operation),
    ...sharingOperations(world, words, operation),
    ...largeOperations(world, { own: world.large[worker % world.large.length] ?? '', random }, operation),
  ]
}

interface Words {
  readonly i: number
  readonly j: number
  readonly context: string
  readonly saved: string
}

const imageOperations = (
  world: World,
  { i, j, context, saved }: Words,
  make: MakeOperation,
): readonly Operation[] => {
  const build = ['build', '--progress=none']
  const run = join(context, 'run.Dockerfile')
  return [
    make('tsbuild', 6, [...build, '-t', `app:${i}`, context]),
    make('tsbuild', 3, [...build, '--no-cache', '-t', `app:${i}`, '-t', `twin:${i}`, context]),
    make('tsbuild', 3, [...build, '-t', `run:${i}`, '-f', run, context]),
    make('tsbuild', 2, [...build, '--no-cache', '-f', run, context]),
    make('tsbuild', 4, ['load', '-q', '-i', world.archives[i] ?? '']),
    make('tsbuild', 2, ['import', world.rootfs, `imported:${i}`]),
    make('tsbuild', 3, ['tag', `app:${i}`, `tag-of-${i}:${j}`], gone),
    make('tsbuild', 4, ['rmi', `app:${i}`], gone),
    make('tsbuild', 2, ['rmi', '-f', `run:${i}`, `imported:${j}`], gone),
    make('tsbuild', 2, ['rmi', `tag-of-${i}:${j}`], gone),
    make('tsbuild', 2, ['save', '-o', saved, `app:${i}`], gone),
  ]
}

/** A store with one image of each kind takes about this. */
const budget = '40MB'

const upkeepOperations = (make: MakeOperation): readonly Operation[] => [
  make('tsbuild', 3, ['prune', '-f']),
  make('tsbuild', 1, ['prune', '-a', '-f']),
  make('tsbuild', 2, ['prune', '-f', '--max-used-space', budget]),
  make('tsbuild', 2, ['images']),
  make('tsbuild', 1, ['df']),
  make('tsbuild', 1, ['df', '-v']),
  make('tsbuild', 1, ['fsck', '--quick']),
  make('tsbuild', 1, ['fsck', '--repair']),
]

const containerOperations = ({ i, j }: Words, make: MakeOperation): readonly Operation[] => [
  make('tsrun', 3, ['run', '--rm', '--network=none', 'base', 'true'], gone),
  make('tsrun', 3, ['run', '--network=none', 'base', 'sh', '-c', `echo ${i} > /file`], gone),
  make(
    'tsrun',
    2,
    ['run', '--network=none', '--name', `c${i}`, `app:${j}`, '/bin/true'],
    /Unable to find image|is not in the store|has this name|not whole/,
  ),
  make(
    'tsrun',
    1,
    ['run', '--rm', '--network=none', '-v', `v${j}:/v`, 'base', 'sh', '-c', `echo ${i} > /v/f`],
    gone,
  ),
  make('tsrun', 1, ['volume', 'rm', '-f', `v${j}`], /in use/),
  make('tsrun', 2, ['commit', `c${i}`, `committed:${i}`], gone),
  make('tsrun', 3, ['rm', '-f', `c${i}`], gone),
  make('tsrun', 1, ['ps', '-a'], gone),
]

export const choose = (all: readonly Operation[], random: Random): Operation => {
  let at = random.below(all.reduce((sum, { weight }) => sum + weight, 0))
  for (const one of all) {
    at -= one.weight
    if (at < 0) return one
  }
  throw new Error('no operation to choose from')
}
