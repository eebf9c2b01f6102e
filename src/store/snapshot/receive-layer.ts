import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ownedName } from '../../foundation/sys/index.ts'
import { applyChunks, indexChunks, type LayerTarResult } from '../layer/index.ts'
import { mayMountImages } from './mounts-images.ts'
import type { ReadTar } from './new-layer.ts'
import { makeRoot, plainRoot } from './root-attributes.ts'
import { moveToTrash } from './trash.ts'
import type { Workshop } from './workshop.ts'

/** Reads the blob of a layer once, while it comes. What was not kept is gone when it is disposed of. */
export interface LayerReceiver extends Disposable {
  read(chunks: AsyncIterable<Uint8Array>): Promise<ReadTar>
  /** The bytes were the right ones, and `read` gave this. */
  keep(tar: LayerTarResult): void
}

/** Only looks at it. */
export const indexReceiver: LayerReceiver = {
  read: indexChunks,
  keep: () => {},
  [Symbol.dispose]: () => {},
}

/** Makes the form that a mount is going to need: the tar where an image over it can be mounted, else the tree. */
export const mountReceiver = (shop: Workshop): LayerReceiver =>
  shop.images !== 'never' && mayMountImages(shop.paths) ? tarReceiver(shop) : treeReceiver(shop)

const tarReceiver = ({ content }: Workshop): LayerReceiver => {
  const ingest = content.ingest({ hashed: true })
  let isOpen = true
  return {
    read: (chunks) => indexChunks(chunks, {}, (chunk) => ingest.write(chunk)),
    keep({ diffId, size }) {
      isOpen = false
      ingest.commit({ digest: diffId, size })
    },
    [Symbol.dispose]: () => (isOpen ? ingest.abort() : undefined),
  }
}

/** The directory with the tree becomes the layer's own by a rename. */
const treeReceiver = ({ paths }: Workshop): LayerReceiver => {
  const staged = join(paths.active, ownedName())
  const tree = join(staged, 'tree')
  mkdirSync(staged, { mode: 0o700 })
  makeRoot(tree, plainRoot)
  return {
    read: async (chunks) => ({ ...(await applyChunks(chunks, tree)), staged }),
    keep: () => {},
    [Symbol.dispose]: () => void moveToTrash(paths, staged),
  }
}
