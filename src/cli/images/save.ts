import { resolve } from 'node:path'
import {
  openStore,
  type Recompression,
  type SaveFormat,
  saveImages,
  transferCases,
} from '../../engine/index.ts'
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
  readonly compression?: string
  readonly compressionLevel?: string
  readonly forceCompression?: boolean
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
      .option('--compression <kind>', 'of layers, in the formats of OCI: gzip, zstd or none (as they are)')
      .option('--compression-level <n>', 'gzip 0 to 9, zstd 1 to 22')
      .option('--force-compression', 'compress layers again that came with another compression')
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
  const recompression = await recompressionOf(format, options)
  using interrupt = interruptible()
  const target =
    format === 'oci-dir'
      ? ({ kind: 'path', path: resolve(cli.cwd, options.output ?? '') } as const)
      : saveTarget('save', options.output, cli)
  await saveImages(openStore({ root: cli.root }), args, target, {
    format,
    recompression,
    signal: interrupt.signal,
    ...(options.platform === undefined ? {} : { platform: parsePlatform(options.platform) }),
  })
  return 0
}

/** Docker's archives have plain layers: older readers of them know no others. */
const recompressionOf = async (
  format: SaveFormat,
  { compression, compressionLevel, forceCompression }: Options,
): Promise<Recompression | undefined> => {
  if (compression === undefined && compressionLevel === undefined && !forceCompression) return undefined
  if (format === 'docker-archive')
    throw usage(
      'save',
      'layers of a docker-archive are not compressed',
      'use --format oci-archive, or compress the archive',
    )
  const { parseCompression } = await transferCases()
  return { compression: parseCompression(compression, compressionLevel), force: forceCompression === true }
}
