import {
  type CollectReport,
  collectCases,
  imageUsersIn,
  openStore,
  type PruneOptions,
  type PruneReport,
  pruneStore,
  removalLine,
  type SpaceLimits,
  type Store,
} from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { confirm } from '../render/confirm.ts'
import { humanSize } from '../render/human.ts'
import { printable } from '../render/printable.ts'
import { collect, parseVerb, usage } from './parse-verb.ts'
import { pruneFilters } from './prune-filters.ts'
import { type SpaceOptions, spaceLimits } from './space.ts'

interface Options extends SpaceOptions {
  readonly all?: boolean
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly filter?: readonly string[]
}

/** `tsbuild prune [OPTIONS]` */
export const run: RunVerb = (argv, cli) => runPrune(argv, cli)

/** The same for images or for the build cache alone, as docker spells it. */
export const runPrune = async (
  argv: readonly string[],
  cli: CliContext,
  only?: PruneOptions['only'],
): Promise<number> => {
  const parsed = await parseVerb<Options>('prune', argv, cli, (command) =>
    command
      .description(
        'Remove nameless images and layers that nothing needs; with limits, the least useful build cache',
      )
      .option(
        '-a, --all',
        'also images with a name but without a container, the build cache and cache mounts',
      )
      .option('-f, --force', 'do not ask')
      .option('--dry-run', 'only show what the limits would remove')
      .option(
        '--filter <filter>',
        'until=24h or a time, label=KEY[=VALUE], label!=KEY[=VALUE] (repeatable)',
        collect,
      )
      .option('--max-used-space <size>', 'drop build cache until the store takes at most this: 20GB, 30%')
      .option('--min-free-space <size>', 'drop build cache until so much of the disk is free')
      .option('--reserved-space <size>', 'never drop below this')
      .option('--keep-storage <size>', 'the same under its old name'),
  )
  if (!parsed) return 0
  const { all = false, force = false, dryRun = false } = parsed.options
  const store = openStore({ root: cli.root })
  const gc = await collectCases()
  const limits = spaceLimits('prune', parsed.options, gc.diskSpace(store.root).total)
  if (dryRun && !limits) throw usage('prune', '--dry-run: expected a limit such as --max-used-space 20GB')
  if (!force && !dryRun && !agreed({ all, only, limits }, cli)) return 1
  const { filter, unusedSince } = pruneFilters(parsed.options.filter, cli.now())
  const since = unusedSince === undefined ? {} : { unusedSince }
  if (dryRun && limits) {
    cli.stdout.write(planOf(await gc.collectCache(store, { limits, ...since, now: cli.now(), dryRun })))
    return 0
  }
  const options: PruneOptions = {
    all: all || (only === 'cache' && !limits),
    usedBy: imageUsersIn(store.root),
    ...(only ? { only } : {}),
    ...(filter ? { filter } : {}),
    ...since,
    keepCache: limits !== undefined,
  }
  const report = await pruneStore(store, options)
  cli.stdout.write(await finished(store, report, limits && { limits, ...since, now: cli.now() }))
  return 0
}

interface Wish {
  readonly all: boolean
  readonly only: PruneOptions['only']
  readonly limits: SpaceLimits | undefined
}

const agreed = ({ all, only, limits }: Wish, cli: CliContext): boolean => {
  if (!cli.stdin.isTTY) throw usage('prune', 'there is nobody to ask', 'use -f to prune without a question')
  const images = all ? 'all images without a container' : 'all images without a name'
  const cache = limits
    ? 'the least useful parts of the build cache'
    : all || only === 'cache'
      ? 'the whole build cache, and all cache mounts that no build is using'
      : 'layers that nothing needs'
  const what = only === 'images' ? images : only === 'cache' ? cache : `${images}, ${cache}`
  return confirm(`This removes ${what}.\nContinue? [y/N] `, cli)
}

const finished = async (
  store: Store,
  report: PruneReport,
  collection: { readonly limits: SpaceLimits; readonly now: number } | undefined,
): Promise<string> => {
  const collected = collection && (await (await collectCases()).collectCache(store, collection))
  const steps = report.steps + (collected?.dropped.reduce((sum, { keys }) => sum + keys.length, 0) ?? 0)
  const mounts = report.cacheMounts + (collected?.dropped.filter(({ kind }) => kind === 'mount').length ?? 0)
  const counts = [
    `${report.layers} layers`,
    `${report.blobs} blobs`,
    `${steps} steps of the build cache`,
    ...(mounts > 0 ? [`${mounts} cache mounts`] : []),
  ]
  const freed = report.reclaimed + (collected ? Math.max(0, collected.before - collected.after) : 0)
  return [
    ...report.removals.map(removalLine),
    ...(collected?.dropped.map((unit) => `Dropped: ${printable(unit.name)} (${humanSize(unit.bytes)})`) ??
      []),
    `Removed ${counts.join(', ')}`,
    ...(collected ? [stateOf(collected)] : []),
    `Total reclaimed space: ${humanSize(freed)}`,
    '',
  ].join('\n')
}

const stateOf = ({ after, allowed }: CollectReport): string =>
  after <= allowed
    ? `The store takes ${humanSize(after)} of the ${humanSize(allowed)} that it may`
    : `The store takes ${humanSize(after)}, more than the ${humanSize(allowed)} that it may: the rest is needed by images, containers or running commands (see \`tsbuild df -v\`)`

const planOf = ({ dropped, before, after }: CollectReport): string =>
  [
    ...dropped.map((unit) => `Would drop: ${printable(unit.name)} (${humanSize(unit.bytes)})`),
    `The store takes ${humanSize(before)}, and would take ${humanSize(after)}`,
    '',
  ].join('\n')
