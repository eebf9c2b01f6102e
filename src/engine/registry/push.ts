import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { familiarName, formatReference, parseReference, type Reference } from '../../foundation/oci/index.ts'
import type { LayerCompression } from '../../store/compression/index.ts'
import { journalIn, tellOfImage } from '../../store/journal/index.ts'
import { type Pushable, type Pushed, type PushOptions, pushImage } from '../../store/transfer/index.ts'
import { familiar, requireImage } from '../images.ts'
import type { Store } from '../store.ts'
import { openTransfer, type TransferContext } from './open-transfer.ts'

export { parseCompression } from '../../store/compression/index.ts'
export type { LayerCompression }

export interface PushWish extends PushOptions {
  /** `NAME[:TAG]` of an image in the store. */
  readonly name: string
  /** Every tag that the store has of the repository. */
  readonly allTags?: boolean
}

export interface PushedName {
  readonly name: Reference
  readonly pushed: Pushed
}

export interface PushContext extends TransferContext {
  readonly started?: (name: Reference) => void
  readonly ended?: (done: PushedName) => void
}

/** Sends images of the store to their registries. Throws `image-not-found`, and what registries and transfers throw. */
export const push = async (
  store: Store,
  { name: text, allTags, ...options }: PushWish,
  context: PushContext,
): Promise<readonly PushedName[]> => {
  const name = parseReference(text)
  if (name.digest !== undefined) {
    throw new AppError('bad-reference', `push ${text}: expected a name with a tag, found a digest`, {
      exitCode: exitCode.usage,
      hint: 'give the image a tag with `tsbuild tag`',
    })
  }
  using lease = await store.lease(context.signal)
  const targets = allTags ? tagsIn(store, name) : [{ name, target: findTarget(store, formatReference(name)) }]
  for (const { target } of targets) lease.hold(heldBy(target))
  return await pushTargets(store, targets, options, context)
}

/** The same for one that the caller has at hand and holds, e.g. from a build. */
export const pushTargets = async (
  store: Store,
  targets: readonly { readonly name: Reference; readonly target: Pushable }[],
  options: PushOptions,
  context: PushContext,
): Promise<readonly PushedName[]> => {
  using transfer = openTransfer(store, context)
  const results: PushedName[] = []
  for (const { name, target } of targets) {
    context.started?.(name)
    const done = { name, pushed: await pushImage(transfer, name, target, options) }
    tellOfImage(journalIn(store.root), 'push', familiar(name), familiarName(name))
    context.ended?.(done)
    results.push(done)
  }
  return results
}

const findTarget = ({ images }: Store, text: string): Pushable =>
  images.resolveIndex(text) ?? requireImage(images, text)

const tagsIn = (
  store: Store,
  { registry, repository }: Reference,
): readonly { readonly name: Reference; readonly target: Pushable }[] => {
  const found = store.images.names().flatMap((record) => {
    const name = parseReference(record.name)
    if (name.registry !== registry || name.repository !== repository) return []
    return [{ name, target: findTarget(store, record.name) }]
  })
  if (found.length > 0) return found
  throw new AppError('image-not-found', `push ${registry}/${repository}: the store has no tag of it`, {
    hint: '`tsbuild images` lists what is there',
  })
}

/** What a prune beside the push must leave alone. */
const heldBy = (target: Pushable): Parameters<Awaited<ReturnType<Store['lease']>>['hold']>[0] => {
  const images = 'document' in target ? target.images.map(({ image }) => image) : [target]
  const index = 'document' in target ? [target.descriptor.digest, ...target.artifacts] : []
  return [...index, ...images.flatMap(({ id, manifest, stack }) => [id, manifest.digest, ...stack])]
}
