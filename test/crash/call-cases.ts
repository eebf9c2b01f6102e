import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { turn } from './large-context.ts'
import { gone, none, type Program } from './operation.ts'
import { must, type World } from './world.ts'

/** A command that is killed at one call after another, each time on a fresh copy of the same store. */
export interface CallCase {
  readonly name: string
  readonly program: Program
  readonly args: readonly string[]
  /** Makes the copy ready: what the command needs, or what it has to mend. */
  readonly prepare?: (world: World) => Promise<void>
  /** Errors of the same command, given again: the killed one was done already. */
  readonly allowed: RegExp
}

/**
 * The store that each copy is made of: named images, remembered steps, a container, a cache mount, and things that a prune removes.
 * `brief`: only an image, for commands about images.
 */
export const prepareStore = async (world: World, brief: boolean): Promise<void> => {
  const [first = '', second = ''] = world.contexts
  await must(world, 'tsbuild', 'build', '-q', '-t', 'app:0', first)
  if (brief) return
  const run = ['-f', join(first, 'run.Dockerfile'), first]
  await must(world, 'tsbuild', 'build', '-q', '-t', 'run:0', ...run)
  await must(world, 'tsbuild', 'build', '-q', '-f', join(first, 'mount.Dockerfile'), first)
  await must(world, 'tsbuild', 'cache', 'export', join(world.work, 'mounts'))
  await must(world, 'tsbuild', 'build', '-q', '-t', 'app:1', second)
  await must(world, 'tsbuild', 'rmi', 'app:1')
  const cache = `type=local,dest=${join(world.work, 'cache')}`
  await must(world, 'tsbuild', 'build', '-q', '--cache-to', cache, ...run)
  await must(world, 'tsrun', 'run', '--network=none', '--name=done', 'base', 'sh', '-c', 'echo done > /file')
}

export const callCases = (world: World): readonly CallCase[] => {
  const { contexts, registry, work } = world
  const last = contexts.length - 1
  const context = contexts[last] ?? ''
  const build = ['build', '--progress=none']
  const tsbuild = (name: string, args: readonly string[], more: Partial<CallCase> = {}): CallCase => ({
    name,
    program: 'tsbuild',
    args,
    allowed: none,
    ...more,
  })
  const tsrun = (name: string, args: readonly string[], more: Partial<CallCase> = {}): CallCase => ({
    ...tsbuild(name, args, more),
    program: 'tsrun',
  })
  const run = ['-f', join(context, 'run.Dockerfile'), context]
  const again = ['run', '--rm', '--network=none', 'base', 'sh', '-c', 'echo 2 > /file']
  return [
    tsbuild('tag', ['tag', 'app:0', 'twin:0']),
    tsbuild('rmi', ['rmi', 'app:0'], { allowed: gone }),
    tsbuild('import', ['import', world.rootfs, 'imported:0']),
    tsbuild('load', ['load', '-q', '-i', world.archives[last] ?? '']),
    tsbuild('pull', ['pull', '-q', `${registry}/app:${last}`]),
    tsbuild('build', [...build, '-t', `app:${last}`, context]),
    tsbuild('build-run', [...build, '-t', `run:${last}`, ...run]),
    tsbuild('build-edit', [...build, '-t', 'turn:1', world.large[0] ?? ''], { prepare: edit }),
    tsbuild('build-mount', [...build, '-f', join(context, 'mount.Dockerfile'), context]),
    tsbuild('build-cache-from', [
      ...build,
      '--no-cache',
      '--cache-from',
      `type=local,src=${join(work, 'cache')}`,
      '-t',
      `run:${last}`,
      ...run,
    ]),
    tsbuild('build-cache-to', [...build, '--cache-to', `type=local,dest=${join(work, 'cache-to')}`, ...run]),
    tsbuild('prune', ['prune', '-f']),
    tsbuild('prune-all', ['prune', '-a', '-f']),
    tsbuild('prune-budget', ['prune', '-f', '--max-used-space', '1MB']),
    tsbuild('cache-import', ['cache', 'import', '--replace', join(work, 'mounts')]),
    tsbuild('cache-prune', ['cache', 'prune']),
    tsbuild('fsck-repair', ['fsck', '--repair'], { prepare: damage }),
    tsrun('commit', ['commit', 'done', 'committed:0']),
    tsrun('run', ['run', '--rm', '--network=none', 'base', 'sh', '-c', 'echo 1 > /file']),
    // Done by the helper alone, which remembers it from the first two times.
    tsrun('run-again', again, { prepare: (fresh) => repeat(fresh, again) }),
    tsrun('create', ['create', '--network=none', '--name=fresh', '-v', 'data:/v', 'base'], {
      allowed: /has this name/,
    }),
    tsrun('rm', ['rm', '-f', 'done'], { allowed: gone }),
  ]
}

/** A large context is built, and one of its files changed: the layer of it is then kept as a patch (docs/adr/0009). */
const edit = async (world: World): Promise<void> => {
  const [context = ''] = world.large
  turn(context, 0)
  // Stamps that are no older than the last look are not believed.
  await sleep(100)
  await must(world, 'tsbuild', 'build', '-q', '-t', 'turn:0', context)
  await sleep(100)
  turn(context, 1)
}

const repeat = async (world: World, args: readonly string[]): Promise<void> => {
  // What has changed within the last second is not relied on.
  await sleep(1100)
  for (const _ of [1, 2]) await must(world, 'tsrun', ...args)
}

/** Takes away what can be made again: the index of every layer and every other tar that has a tree beside it. */
const damage = async ({ root }: World): Promise<void> => {
  const layers = readdirSync(join(root, 'layers')).filter((name) => name !== 'empty')
  for (const [i, name] of layers.entries())
    if (i % 2 === 0) rmSync(join(root, 'layers', name, 'index'), { force: true })
  for (const name of readdirSync(join(root, 'records/steps')).slice(0, 3))
    truncateSync(join(root, 'records/steps', name), 10)
  // What is younger than this may be in the making, and is not looked at.
  await sleep(1100)
}
