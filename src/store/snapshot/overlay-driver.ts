import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RootMount } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { listTree, treeEntries, writeTree } from '../layer/index.ts'
import { addDirectories, describedParents } from './described-parents.ts'
import type { Driver, WritableState } from './driver.ts'
import type { TreeForms } from './materialise.ts'
import type { LowerLayer } from './mounts-images.ts'
import { layerOfTree } from './new-layer.ts'
import { freshWork } from './owned-state.ts'
import { makeRoot, rootOfStack, rootOnDisk, sameRoot } from './root-attributes.ts'
import type { TarForms } from './tar-forms.ts'
import { topLayer } from './top-layer.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, Stack, TreesSeen } from './types.ts'
import type { LayerView } from './union/layer-view.ts'
import type { Workshop } from './workshop.ts'
import { openWriteBack } from './write-back.ts'
import { writeEntries } from './write-entries.ts'
import { writeLayer } from './write-layer.ts'

/**
 * States as overlay mounts: the layers' trees are the lowerdirs. A state's directory holds `layer/tree` (the upperdir,
 * where a commit can take it with its parent by one rename) and workdirs, each used for one mount only.
 */
export const overlayDriver = (
  shop: Workshop,
  { trees, tars }: { readonly trees: TreeForms; readonly tars: Pick<TarForms, 'begin'> },
  views: (id: LayerId) => LayerView,
): Driver => {
  const writeBack = openWriteBack(shop.paths.root)
  const lowerOf = async (
    stack: Stack,
    signal?: AbortSignal,
    seen?: TreesSeen,
  ): Promise<readonly LowerLayer[]> => {
    const lower: LowerLayer[] = []
    for (const id of topmostFirst(visiblePart(shop, stack))) {
      const path = seen?.get(id)
      const found = path === undefined ? await trees.lowerOf(id, signal) : { path }
      // Whether an image can be mounted may change.
      if (path === undefined && found.image === undefined) seen?.set(id, found.path)
      lower.push(found)
    }
    return lower.length === 0 ? [{ path: shop.paths.empty }] : lower
  }
  const mount = (directory: HostPath, lower: readonly LowerLayer[]): RootMount => ({
    kind: 'overlay',
    ...pathsOf(lower),
    upper: upperOf(directory),
    work: freshWork(directory),
    owned: shop.paths.active,
  })

  return {
    async view(stack, signal) {
      const lower = await lowerOf(stack, signal)
      const top = topLayer(shop, stack, { lower, directories: describedParents(shop, views, stack) })
      return { kind: 'overlay', ...pathsOf(top === undefined ? lower : [{ path: top }, ...lower]) }
    },
    async start({ directory, stack }, signal, seen) {
      const lower = await lowerOf(stack, signal, seen)
      mkdirSync(join(directory, 'layer'), { mode: 0o700 })
      makeRoot(upperOf(directory), rootOfStack(shop, stack))
      const directories = describedParents(shop, views, stack)
      if (directories.length > 0)
        writeEntries(upperOf(directory), (writer) => addDirectories(directories, writer))
      return mount(directory, lower)
    },
    async resume(directory, stack, signal) {
      const lower = await lowerOf(stack, signal)
      for (const name of readdirSync(directory))
        if (name.startsWith('work-')) moveToTrash(shop.paths, join(directory, name))
      return mount(directory, lower)
    },
    async finish(state, { scan, index, isNamed = false, isSynced = false }) {
      const listing = listTree(upperOf(state.directory), { root: rootChanged(shop, state), scan, index })
      const id = layerOfTree(shop, join(state.directory, 'layer'), listing.index)
      if (isNamed) tars.begin(id, listing)
      if (isSynced) writeBack(listing)
      return id
    },
    changes(state) {
      const upper = upperOf(state.directory)
      const root = rootChanged(shop, state)
      // Most containers write nothing: it takes no process to find that.
      return !root && readdirSync(upper).length === 0 ? [] : treeEntries(upper, { root })
    },
    async capture(state) {
      const root = rootChanged(shop, state)
      return writeLayer(shop, (writer) => writeTree(upperOf(state.directory), writer, { root }))
    },
  }
}

/**
 * A layer may come twice in a stack (the same COPY before and after something else), and overlay refuses a directory that does.
 * The topmost one says all that the lower one said, with more right: the lower one can go.
 */
const topmostFirst = (stack: Stack): Iterable<LayerId> => new Set(stack.toReversed())

/** Overlay knows no opaque root: what such a layer hides is left out of the mount. */
const visiblePart = (shop: Workshop, stack: Stack): Stack =>
  stack.slice(
    Math.max(
      0,
      stack.findLastIndex((id) => shop.layers.facts(id)?.opaque),
    ),
  )

const pathsOf = (lower: readonly LowerLayer[]): Pick<OverlayMount, 'lower' | 'images'> => {
  const images = new Map(
    lower.flatMap(({ path, image }) => (image === undefined ? [] : [[path, image] as const])),
  )
  return { lower: lower.map(({ path }) => path), ...(images.size > 0 ? { images } : {}) }
}

type OverlayMount = Extract<RootMount, { readonly kind: 'overlay' }>

const upperOf = (directory: HostPath): HostPath => join(directory, 'layer/tree')

/** Every step touches the root directory; it is part of the layer only when its mode or owner changed. */
const rootChanged = (shop: Workshop, { directory, stack }: WritableState): boolean =>
  !sameRoot(rootOnDisk(upperOf(directory)), rootOfStack(shop, stack))
