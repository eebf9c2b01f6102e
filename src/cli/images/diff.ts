import { imageDiffCases, openStore, requireImage } from '../../engine/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import { printableJson, printableLine } from '../render/printable.ts'
import { parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly format?: string
  readonly ignoreTimes?: boolean
  readonly exitCode?: boolean
  readonly platform?: string
}

const letters = { added: 'A', removed: 'D', changed: 'C' } as const

/** `tsbuild diff [OPTIONS] IMAGE IMAGE` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('diff', argv, cli, (command) =>
    command
      .description('Show what is different between the files and configs of two images')
      .argument('<image>', 'name or id')
      .argument('<other>', 'name or id')
      .option('--format <format>', 'json: all that is known, as one object')
      .option('--ignore-times', 'leave out what has only another time')
      .option('--exit-code', 'end with 1 when there is a difference')
      .option('--platform <os/arch>', 'which images of indexes'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  if (options.format !== undefined && options.format !== 'json')
    throw usage('diff', `--format ${options.format}: expected json`)
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform)
  const store = openStore({ root: cli.root })
  using lease = await store.lease()
  const [a, b] = [args[0] ?? '', args[1] ?? ''].map((text) => requireImage(store.images, text, platform))
  if (!a || !b) return 0
  lease.hold([...a.stack, ...b.stack])
  const { compareImages } = await imageDiffCases()
  const found = compareImages(store.snapshots, a, b)
  const files = found.files.filter(({ aspects }) => !options.ignoreTimes || aspects.join() !== 'mtime')
  if (options.format === 'json') cli.stdout.write(`${printableJson({ files, config: found.config }, 2)}\n`)
  else {
    for (const { path, kind, aspects } of files) {
      const causes = aspects.length > 0 ? ` (${aspects.join(', ')})` : ''
      cli.stdout.write(`${letters[kind]} ${printableLine(path)}${causes}\n`)
    }
    for (const { member, before, after } of found.config)
      cli.stdout.write(`config ${printableLine(member)}: ${shown(before)} -> ${shown(after)}\n`)
  }
  return options.exitCode && files.length + found.config.length > 0 ? 1 : 0
}

const shown = (value: unknown): string => (value === undefined ? 'none' : printableJson(value))
