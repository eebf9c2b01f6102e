import { join } from 'node:path'
import type { Random } from '../chaos/random.ts'
import { turn, turns } from './large-context.ts'
import { gone, type MakeOperation, type Operation } from './operation.ts'
import { unknown } from './sharing-operations.ts'
import type { World } from './world.ts'

/**
 * Commands about layers that are mounted as images and whose directories are copied again: build after a change, run, write over, push
 * and pull back, drop forms. `own` is a context that no other worker uses.
 */
export const largeOperations = (
  { registry }: World,
  { own, random }: { readonly own: string; readonly random: Random },
  make: MakeOperation,
): readonly Operation[] => {
  const k = random.below(turns)
  const name = `turn:${k}`
  const sent = `${registry}/turn:${k}`
  const build = ['build', '--progress=none']
  const change = (): void => turn(own, k)
  const read = ['sh', '-c', 'cat /large/d1/turn; rm -r /large/d0; echo x > /large/d1/file-7']
  return [
    { ...make('tsbuild', 5, [...build, '-t', name, own]), prepare: change },
    {
      ...make('tsbuild', 3, [
        ...build,
        '--no-cache',
        '-t',
        `turn-run:${k}`,
        '-f',
        join(own, 'run.Dockerfile'),
        own,
      ]),
      prepare: change,
    },
    {
      ...make('tsbuild', 1, [...build, '--no-cache', own]),
      prepare: change,
      env: { TSBUILD_MAX_USED_SPACE: `${10 + random.below(40)}MB` },
    },
    { ...make('tsrun', 4, ['run', '--rm', '--network=none', name, ...read], gone), byFront: true },
    { ...make('tsrun', 2, ['run', '--network=none', '--name', `t${k}`, name, ...read], ours), byFront: true },
    make('tsrun', 1, ['commit', `t${k}`, `kept:${k}`], gone),
    make('tsrun', 2, ['rm', '-f', `t${k}`], gone),
    make('tsrun', 1, ['run', '--rm', '--network=none', `kept:${k}`, 'test', '!', '-e', '/large/d0'], gone),
    make('tsbuild', 2, ['rmi', '-f', name, `kept:${k}`], gone),
    make('tsbuild', 1, ['tag', name, sent], gone),
    make('tsbuild', 1, ['push', '-q', sent], gone),
    make('tsbuild', 1, ['pull', '-q', sent], unknown),
    make('tsbuild', 2, ['prune', '-f', '--max-used-space', `${5 + random.below(60)}MB`]),
  ]
}

const ours = new RegExp(`${gone.source}|has this name`)
