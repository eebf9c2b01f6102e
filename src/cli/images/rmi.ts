import {
  freeUnreferenced,
  imageUsersIn,
  isBeingMade,
  openStore,
  removalLine,
  removeImage,
} from '../../engine/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { renderFailure } from '../fail.ts'
import { parseHotVerb } from './parse-verb.ts'

interface Options {
  readonly force?: boolean
  readonly prune: boolean
}

/** `tsbuild rmi [OPTIONS] IMAGE...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('rmi', argv, cli, (command) =>
    command
      .description('Remove names, and images with their last name')
      .argument('<image...>', 'names or ids')
      .option('-f, --force', 'remove it although it has several names or containers')
      .option('--no-prune', 'keep the layers until the next prune'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const store = openStore({ root: cli.root })
  const usedBy = imageUsersIn(store.root)
  let code = 0
  let deleted = false
  for (const text of args) {
    const removed = await store.snapshots.quietly((held) =>
      attempt(cli, options.force === true, () =>
        removeImage(store.images, text, {
          force: options.force === true,
          usedBy,
          isBeingMade: (image) => isBeingMade(store, image, held),
        }),
      ),
    )
    if (removed === 'failed') code = 1
    for (const removal of typeof removed === 'string' ? [] : removed) {
      cli.stdout.write(`${removalLine(removal)}\n`)
      deleted ||= removal.kind === 'deleted'
    }
  }
  if (deleted && options.prune) await freeUnreferenced(store)
  return code
}

/** One image that cannot be removed does not keep the others. With --force one that is not there is as good as removed, as in docker. */
const attempt = <T>(cli: CliContext, force: boolean, remove: () => T): T | 'failed' | 'absent' => {
  try {
    return remove()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    cli.stderr.write(renderFailure(error, { program: 'tsbuild' }).text)
    return force && error.code === 'image-not-found' ? 'absent' : 'failed'
  }
}
