import { openStore, requireImage, tagImage } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseHotVerb } from './parse-verb.ts'

/** `tsbuild tag SOURCE TARGET` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb('tag', argv, cli, (command) =>
    command
      .description('Give an image another name')
      .argument('<source>', 'name or id of an image')
      .argument('<target>', 'the new name, NAME[:TAG]'),
  )
  if (!parsed) return 0
  const [source = '', target = ''] = parsed.args
  const store = openStore({ root: cli.root })
  using lease = await store.lease()
  // From here on nobody takes it away before it has its name.
  lease.hold([requireImage(store.images, source).id])
  tagImage(store.images, source, target)
  return 0
}
