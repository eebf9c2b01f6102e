import { configOfChanges, importImage, openStore } from '../../engine/index.ts'
import { hostPlatform, parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { archiveSource } from './input.ts'
import { collect, parseVerb, usage } from './parse-verb.ts'

interface Options {
  readonly change?: readonly string[]
  readonly message?: string
  readonly platform?: string
}

/** `tsbuild import [OPTIONS] FILE|- [NAME[:TAG]]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('import', argv, cli, (command) =>
    command
      .description('Make an image of the tar of a root file system')
      .argument('<file>', 'the tar, plain or compressed; - is the standard input')
      .argument('[name]', 'name for the image')
      .option(
        '-c, --change <instruction>',
        'CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, WORKDIR, ... (repeatable)',
        collect,
      )
      .option('-m, --message <text>', 'comment in the history')
      .option('--platform <os/arch>', 'platform of what is in the tar'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const [file = '-', name] = args
  if (/^https?:\/\//i.test(file))
    throw usage(
      'import',
      `${file}: expected a file or -`,
      'fetch it first: curl -fL URL | tsbuild import - NAME',
    )
  const platform = options.platform === undefined ? hostPlatform() : parsePlatform(options.platform)
  const config = await configOfChanges(options.change ?? [], platform)
  using interrupt = interruptible()
  const image = await importImage(openStore({ root: cli.root }), archiveSource('import', file, cli), {
    origin: file,
    now: cli.now(),
    config,
    platform,
    signal: interrupt.signal,
    ...(name === undefined ? {} : { name }),
    ...(options.message === undefined ? {} : { message: options.message }),
  })
  cli.stdout.write(`${image.id}\n`)
  return 0
}
