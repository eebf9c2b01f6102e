import { join } from 'node:path'
import type { Random } from '../chaos/random.ts'
import type { Ended, World } from './world.ts'

/** One command that a worker may give. */
export interface Operation {
  readonly program: 'tsbuild' | 'tsrun'
  readonly args: readonly string[]
  /** How often it is chosen, beside the others. */
  readonly weight: number
  /** Errors that are right, since others remove and prune at the same time. */
  readonly allowed: RegExp
}

/** Somebody removed what this needed. */
const gone =
  /is not in the store|no such container|made from it|has the names|is running from it|not in the store, or not whole|has no file system|in this store: layer/

const none = /(?!)/

/** The commands that could be given now, with their words chosen. */
export const operations = (world: World, random: Random): readonly Operation[] => {
  const i = random.below(world.contexts.length)
  const j = random.below(world.contexts.length)
  const context = world.contexts[i] ?? ''
  const tsbuild = (weight: number, args: readonly string[], allowed: RegExp = none): Operation => ({
    program: 'tsbuild',
    args,
    weight,
    allowed,
  })
  const tsrun = (weight: number, args: readonly string[], allowed: RegExp = gone): Operation => ({
    program: 'tsrun',
    args,
    weight,
    allowed,
  })
  const saved = join(world.work, `saved-${random.below(1000)}.tar`)
  return [
    tsbuild(6, ['build', '--progress=none', '-t', `app:${i}`, context]),
    tsbuild(3, ['build', '--progress=none', '--no-cache', '-t', `app:${i}`, '-t', `twin:${i}`, context]),
    tsbuild(3, [
      'build',
      '--progress=none',
      '-t',
      `run:${i}`,
      '-f',
      join(context, 'run.Dockerfile'),
      context,
    ]),
    tsbuild(2, ['build', '--progress=none', '--no-cache', '-f', join(context, 'run.Dockerfile'), context]),
    tsbuild(4, ['load', '-q', '-i', world.archives[i] ?? '']),
    tsbuild(2, ['import', world.rootfs, `imported:${i}`]),
    tsbuild(3, ['tag', `app:${i}`, `tag-of-${i}:${j}`], gone),
    tsbuild(4, ['rmi', `app:${i}`], gone),
    tsbuild(2, ['rmi', '-f', `run:${i}`, `imported:${j}`], gone),
    tsbuild(2, ['rmi', `tag-of-${i}:${j}`], gone),
    tsbuild(2, ['save', '-o', saved, `app:${i}`], gone),
    tsbuild(3, ['prune', '-f']),
    tsbuild(1, ['prune', '-a', '-f']),
    tsbuild(2, ['images']),
    tsbuild(1, ['df']),
    tsbuild(1, ['fsck', '--quick']),
    tsrun(3, ['run', '--rm', '--network=none', 'base', 'true']),
    tsrun(3, ['run', '--network=none', 'base', 'sh', '-c', `echo ${i} > /file`]),
    tsrun(
      2,
      ['run', '--network=none', '--name', `c${i}`, `app:${j}`, '/bin/true'],
      /is not in the store|has this name|not whole/,
    ),
    tsrun(2, ['commit', `c${i}`, `committed:${i}`]),
    tsrun(3, ['rm', '-f', `c${i}`]),
    tsrun(1, ['ps', '-a']),
  ]
}

export const choose = (all: readonly Operation[], random: Random): Operation => {
  let at = random.below(all.reduce((sum, { weight }) => sum + weight, 0))
  for (const operation of all) {
    at -= operation.weight
    if (at < 0) return operation
  }
  throw new Error('no operation to choose from')
}

/** What is wrong with how a command ended that nobody killed. */
export const surpriseOf = ({ program, args, allowed }: Operation, ended: Ended): string | undefined => {
  if (ended.killed || ended.code === 0) return undefined
  if (ended.code !== 70 && allowed.test(ended.stderr)) return undefined
  return `${program} ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr.trim()}`
}
