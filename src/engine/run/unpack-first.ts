import type { Image } from '../../store/image/index.ts'
import type { LayerId } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'

/**
 * Makes the layers ready to be mounted before a file of them is read (the user is looked up in some): a layer of which there is only the
 * compressed blob would be inflated into memory for that.
 */
export const unpackFirst = async ({ snapshots, content }: Store, { stack }: Image): Promise<void> => {
  const isCompressed = (id: LayerId): boolean => {
    const layer = snapshots.get(id)
    if (layer?.tree !== false || layer.patch || layer.diffId === undefined) return false
    return content.stat(layer.diffId) === undefined
  }
  if (stack.some(isCompressed)) await snapshots.view(stack)
}
