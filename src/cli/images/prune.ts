import { imageUsersIn, openStore, type PruneReport, pruneStore, removalLine } from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { confirm } from '../render/confirm.ts'
import { humanSize } from '../render/human.ts'
import { parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly all?: boolean
  readonly force?: boolean
}

/** `tsbuild prune [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('prune', argv, cli, (command) =>
    command
      .description('Remove nameless images, and layers that nothing needs')
      .option(
        '-a, --all',
        'also images with a name but without a container, the build cache and cache mounts',
      )
      .option('-f, --force', 'do not ask'),
  )
  if (!parsed) return 0
  const { all = false, force = false } = parsed.options
  if (!force && !agreed(all, cli)) return 1
  const store = openStore({ root: cli.root })
  cli.stdout.write(reportOf(await pruneStore(store, { all, usedBy: imageUsersIn(store.root) })))
  return 0
}

const agreed = (all: boolean, cli: CliContext): boolean => {
  if (!cli.stdin.isTTY) throw usage('prune', 'there is nobody to ask', 'use -f to prune without a question')
  const what = all
    ? 'all images without a container, the whole build cache, and all cache mounts that no build is using'
    : 'all images without a name, and layers that nothing needs'
  return confirm(`This removes ${what}.\nContinue? [y/N] `, cli)
}

const reportOf = (report: PruneReport): string => {
  const counts = [
    `${report.layers} layers`,
    `${report.blobs} blobs`,
    `${report.steps} steps of the build cache`,
    ...(report.cacheMounts > 0 ? [`${report.cacheMounts} cache mounts`] : []),
  ]
  return [
    ...report.removals.map(removalLine),
    `Removed ${counts.join(', ')}`,
    `Total reclaimed space: ${humanSize(report.reclaimed)}`,
    '',
  ].join('\n')
}
