import { type ImageInspection, inspectImage, openStore, requireImage } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly format?: string
  readonly platform?: string
  readonly type?: string
  readonly size?: boolean
}

/** Members that docker leaves out of its JSON where they are not set; its templates can ask for them all the same. */
const withUnset = (image: ImageInspection): Readonly<Record<string, unknown>> => ({
  Variant: '',
  OsVersion: '',
  Manifests: [],
  ...image,
  Config: { ...unsetConfig, ...image.Config },
})

const unsetConfig = { ExposedPorts: {}, Shell: [], StopSignal: '', ArgsEscaped: false }

/** `tsbuild inspect [OPTIONS] IMAGE...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('inspect', argv, cli, (command) =>
    command
      .description('Show everything that is known of images, as JSON')
      .argument('<image...>', 'names or ids')
      .option('--platform <os/arch>', 'which image of an index')
      .option('--type <type>', 'image: nothing else is looked for')
      .option('-s, --size', 'accepted: sizes are always shown')
      .option('-f, --format <format>', 'json, or a template such as {{json .Config.Env}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const template =
    options.format === undefined || options.format === 'json' ? undefined : compileTemplate(options.format)
  if (options.type !== undefined && options.type !== '' && options.type !== 'image') {
    throw usage('inspect', `--type ${options.type}: expected image`, '`tsrun inspect` shows containers')
  }
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform)
  const store = openStore({ root: cli.root })
  const found: ImageInspection[] = []
  const failures: string[] = []
  for (const text of args) {
    try {
      const image = requireImage(store.images, text, platform)
      found.push(inspectImage(store, image, platform ? undefined : store.images.resolveIndex(text)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(renderFailure(error, { program: 'tsbuild' }).text)
    }
  }
  const json = options.format === 'json' ? printableJson(found) : printableJson(found, 4)
  cli.stdout.write(template ? found.map((one) => `${template(withUnset(one))}\n`).join('') : `${json}\n`)
  cli.stderr.write(failures.join(''))
  return failures.length > 0 ? 1 : 0
}
