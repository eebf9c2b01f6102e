import { join } from 'node:path'
import { gone, type MakeOperation, none, type Operation } from './operation.ts'
import type { World } from './world.ts'

/** Nobody has pushed it yet, or the last one who did was killed before its name was there. */
export const unknown =
  /manifest unknown|MANIFEST_UNKNOWN|not found|has no such|does not have|cannot be pulled|index.json: ENOENT/i

export interface SharingWords {
  readonly i: number
  readonly j: number
  readonly context: string
}

/** Commands that bring images, build caches and cache mounts into the store from a registry or a directory, and out of it. */
export const sharingOperations = (
  { registry, work }: World,
  { i, j, context }: SharingWords,
  make: MakeOperation,
): readonly Operation[] => {
  const cache = join(work, `cache-${j % 2}`)
  const mounts = join(work, `mounts-${j % 2}`)
  const build = ['build', '--progress=none', '-f', join(context, 'run.Dockerfile')]
  return [
    make('tsbuild', 4, ['pull', '-q', `${registry}/app:${i}`]),
    make('tsbuild', 2, ['pull', '-q', `${registry}/sent:${i}`], unknown),
    make('tsbuild', 2, ['tag', `app:${i}`, `${registry}/sent:${i}`], gone),
    make('tsbuild', 3, ['push', '-q', `${registry}/sent:${i}`], gone),
    make('tsbuild', 1, ['push', '-q', '--compression=zstd', `${registry}/sent:${i}`], gone),
    make('tsbuild', 2, ['rmi', `${registry}/app:${i}`], gone),
    make('tsbuild', 1, ['rmi', `${registry}/sent:${i}`], gone),
    make('tsbuild', 2, [...build, '-t', `run:${i}`, '--cache-from', `type=local,src=${cache}`, context]),
    make('tsbuild', 1, [...build, '-t', `run:${i}`, '--cache-to', `type=local,dest=${cache}`, context]),
    make('tsbuild', 1, [
      ...build,
      '-t',
      `run:${i}`,
      '--cache-to',
      `type=registry,ref=${registry}/cache:${j}`,
      '--cache-from',
      `type=registry,ref=${registry}/cache:${i}`,
      context,
    ]),
    make('tsbuild', 2, [
      'build',
      '--progress=none',
      '--no-cache',
      '-f',
      join(context, 'mount.Dockerfile'),
      context,
    ]),
    make('tsbuild', 1, ['cache', 'ls']),
    make('tsbuild', 1, ['cache', 'export', mounts], none),
    make('tsbuild', 1, ['cache', 'import', '--replace', mounts], unknown),
    make('tsbuild', 1, ['cache', 'prune']),
  ]
}
