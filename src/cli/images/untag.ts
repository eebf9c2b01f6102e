import { namesOf, openStore, removalLine, requireImage, untagImage } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb } from './parse-verb.ts'

/** `tsbuild untag IMAGE [NAME...]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('untag', argv, cli, (command) =>
    command
      .description('Take names away from an image, which stays')
      .argument('<image>', 'name or id; all of its names go when no others are given')
      .argument('[name...]', 'the names to take away'),
  )
  if (!parsed) return 0
  const [image = '', ...names] = parsed.args
  const { images } = openStore({ root: cli.root })
  const own = namesOf(images, requireImage(images, image))
  for (const name of names.length > 0 ? names : own)
    cli.stdout.write(`${removalLine(untagImage(images, name))}\n`)
  return 0
}
