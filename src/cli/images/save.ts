import { resolve } from 'node:path'
import { openStore, type SaveFormat, saveImages } from '../../engine/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { saveTarget } from './output.ts'
import { parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly output?: string
  readonly format: string
  readonly platform?: string
  readonly quiet?: boolean
}

const formats: readonly SaveFormat[] = ['docker-archive', 'oci-archive', 'oci-dir']

/** `tsbuild save [OPTIONS] IMAGE...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('save', argv, cli, (command) =>
    command
      .description('Write images to an archive that docker, podman and skopeo read')
      .argument('<image...>', 'names or ids')
      .option('-o, --output <path>', 'write to a file instead of the standard output')
      .option('--format <format>', formats.join(', '), 'docker-archive')
      .option('--platform <os/arch>', 'only this one of an index; by default all that are here')
      .option('-q, --quiet', 'accepted: there is no progress to hide')
      .option('-m, --multi-image-archive', 'accepted: any number of images may be given'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const format = formats.find((known) => known === options.format)
  if (!format)
    throw usage(
      'save',
      `unknown format ${JSON.stringify(options.format)}`,
      `known formats: ${formats.join(', ')}`,
    )
  if (format === 'oci-dir' && (options.output ?? '-') === '-')
    throw usage('save', 'oci-dir needs -o DIRECTORY')
  using interrupt = interruptible()
  const target =
    format === 'oci-dir'
      ? ({ kind: 'path', path: resolve(cli.cwd, options.output ?? '') } as const)
      : saveTarget('save', options.output, cli)
  await saveImages(openStore({ root: cli.root }), args, target, {
    format,
    signal: interrupt.signal,
    ...(options.platform === undefined ? {} : { platform: parsePlatform(options.platform) }),
  })
  return 0
}
