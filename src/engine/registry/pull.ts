import {
  familiarName,
  formatReference,
  type Platform,
  parseReference,
  type Reference,
} from '../../foundation/oci/index.ts'
import { journalIn, tellOfImage } from '../../store/journal/index.ts'
import { type Pulled, pullImage } from '../../store/transfer/index.ts'
import { familiar } from '../images.ts'
import type { Store } from '../store.ts'
import { openTransfer, type TransferContext } from './open-transfer.ts'

export interface PullWish {
  /** `NAME[:TAG|@DIGEST]` */
  readonly name: string
  readonly platform?: Platform
  readonly allPlatforms?: boolean
  /** Every tag of the repository. */
  readonly allTags?: boolean
}

export interface PulledName {
  readonly name: Reference
  readonly pulled: Pulled
}

export interface PullContext extends TransferContext {
  /** Before the first event of a name, and after the last. */
  readonly started?: (name: Reference) => void
  readonly ended?: (done: PulledName) => void
}

/** Brings images into the store. Throws `bad-reference`, and what registries and transfers throw. */
export const pull = async (
  store: Store,
  wish: PullWish,
  context: PullContext,
): Promise<readonly PulledName[]> => {
  const name = parseReference(wish.name)
  using _lease = await store.lease(context.signal)
  using transfer = openTransfer(store, context)
  const { signal, started, ended } = context
  const names = wish.allTags
    ? (await transfer.registry.tags(name, signal ? { signal } : {})).map((tag) =>
        parseReference(formatReference({ registry: name.registry, repository: name.repository, tag })),
      )
    : [name]
  const results: PulledName[] = []
  for (const one of names) {
    started?.(one)
    const pulled = await pullImage(transfer, one, {
      ...(wish.platform ? { platform: wish.platform } : {}),
      ...(wish.allPlatforms ? { allPlatforms: true } : {}),
    })
    const done = { name: one, pulled }
    const said = one.digest === undefined ? familiar(one) : `${familiarName(one)}@${one.digest}`
    tellOfImage(journalIn(store.root), 'pull', said, familiarName(one))
    ended?.(done)
    results.push(done)
  }
  return results
}
