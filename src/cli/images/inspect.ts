import { type ImageInspection, inspectImage, openStore, requireImage } from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { printableJson } from '../render/printable.ts'
import { compileTemplate } from '../render/template.ts'
import { parseVerb } from './parse-verb.ts'

interface Options {
  readonly format?: string
}

/** `tsbuild inspect [OPTIONS] IMAGE...`: what is found goes to the output also when others are missing. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('inspect', argv, cli, (command) =>
    command
      .description('Show everything that is known of images, as JSON')
      .argument('<image...>', 'names or ids')
      .option('-f, --format <format>', 'json, or a template such as {{json .Config.Env}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const template =
    options.format === undefined || options.format === 'json' ? undefined : compileTemplate(options.format)
  const store = openStore({ root: cli.root })
  const found: ImageInspection[] = []
  const failures: string[] = []
  for (const text of args) {
    try {
      found.push(inspectImage(store, requireImage(store.images, text)))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      failures.push(renderFailure(error, { program: 'tsbuild' }).text)
    }
  }
  const json = options.format === 'json' ? printableJson(found) : printableJson(found, 4)
  cli.stdout.write(template ? found.map((one) => `${template(one)}\n`).join('') : `${json}\n`)
  cli.stderr.write(failures.join(''))
  return failures.length > 0 ? 1 : 0
}
