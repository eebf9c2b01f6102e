import { familiar, type LoadedImage, loadImages, openStore } from '../../engine/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { archiveSource } from './input.ts'
import { parseHotVerb } from './parse-verb.ts'

interface Options {
  readonly input?: string
  readonly quiet?: boolean
  readonly platform?: string
}

/** `tsbuild load [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('load', argv, cli, (command) =>
    command
      .description('Take the images of a docker or OCI archive into the store')
      .option('-i, --input <path>', 'read a file instead of the standard input')
      .option('-q, --quiet', 'accepted: there is no progress to hide')
      .option('--platform <os/arch>', 'which image to take where there are several'),
  )
  if (!parsed) return 0
  const { input, platform } = parsed.options
  using interrupt = interruptible()
  const source = archiveSource('load', input, cli)
  const loaded = await loadImages(openStore({ root: cli.root }), source, {
    signal: interrupt.signal,
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
  })
  cli.stdout.write(
    loaded
      .flatMap(linesOf)
      .map((line) => `${line}\n`)
      .join(''),
  )
  return 0
}

/** docker's lines; a name that led to another image until now says so. */
const linesOf = ({ image, names }: LoadedImage): readonly string[] =>
  names.length === 0
    ? [`Loaded image ID: ${image.id}`]
    : names.flatMap(({ name, replaced }) => [
        ...(replaced === undefined
          ? []
          : [`The name ${familiar(name)} belonged to image ${replaced} and was taken from it`]),
        `Loaded image: ${familiar(name)}`,
      ])
