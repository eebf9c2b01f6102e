import type { Plan } from '../../build/graph/index.ts'
import type { History, ImageConfig } from '../../foundation/oci/index.ts'
import { mergeLayers } from '../../store/layer/index.ts'
import type { LayerId, Lease, Stack } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'
import { remembered } from './remembered.ts'
import type { BuildOptions } from './types.ts'

export interface Finishing {
  readonly store: Store
  readonly lease: Lease
  readonly options: BuildOptions
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

interface Assembled {
  readonly config: Omit<ImageConfig, 'rootfs'>
  readonly stack: Stack
}

/**
 * What is done to the layers of this build when all steps are through: with `rewriteTimestamp` no file is newer than
 * SOURCE_DATE_EPOCH, with `squash` they become one. Those of the base stay as they are.
 */
export const finishLayers = async (
  image: Assembled,
  plan: Pick<Plan, 'history' | 'sourceDateEpoch'>,
  finishing: Finishing,
): Promise<Assembled> => {
  const base = plan.history.filter((entry) => !entry.empty_layer && entry.vertex === undefined).length
  const own = image.stack.slice(base)
  if (own.length === 0) return image
  const { squash = false, rewriteTimestamp = false } = finishing.options
  const notAfter = rewriteTimestamp ? plan.sourceDateEpoch : undefined
  const groups = squash ? [own] : own.map((layer): readonly LayerId[] => [layer])
  const stack: LayerId[] = [...image.stack.slice(0, base)]
  for (const group of groups) stack.push(...(await mergeGroup(group, notAfter, finishing)))
  return {
    stack,
    config: squash ? { ...image.config, history: squashed(image.config, base, own.length) } : image.config,
  }
}

const mergeGroup = (
  group: readonly LayerId[],
  notAfter: number | undefined,
  { store, lease, now }: Finishing,
): Promise<Stack> => {
  if (group.length === 1 && notAfter === undefined) return Promise.resolve(group)
  const components = [
    { name: 'op', value: 'merge' },
    { name: 'layers', value: group.join() },
    { name: 'notAfter', value: String(notAfter ?? '') },
  ]
  const what = group.length > 1 ? 'squash layers' : 'rewrite times of files'
  return remembered({ store, lease, now }, `[internal] ${what}`, {
    components,
    execute: async () => {
      const tars: string[] = []
      for (const id of group) tars.push((await store.snapshots.tarOf(id)).path)
      const merged = store.snapshots.writeLayer((writer) =>
        mergeLayers(tars, writer, notAfter === undefined ? {} : { notAfter }),
      )
      return { stack: [merged], created: now() }
    },
  })
}

/** As docker's: the entries of this build stay, but make no layers; the layer is that of one more entry. */
const squashed = (
  { history = [], created }: Pick<ImageConfig, 'history' | 'created'>,
  base: number,
  count: number,
): readonly History[] => {
  let layers = 0
  const told = history.map((entry): History => {
    if (entry.empty_layer || ++layers <= base) return entry
    return { ...entry, empty_layer: true }
  })
  return [...told, { ...(created === undefined ? {} : { created }), comment: `squash of ${count} layers` }]
}
