import { AppError } from '../../foundation/errors/index.ts'
import type { DiffId, History, ImageConfig } from '../../foundation/oci/index.ts'

/** A history entry with the layer that it made, if it made one. */
export interface HistoryLayer {
  readonly entry: History
  readonly diffId?: DiffId
  /** Position in the stack of layers, 0 is the lowest. */
  readonly layer?: number
}

/** image-spec config.md#properties: history entries without `empty_layer` are the layers, in order. No history at all is fine. */
export const historyMatches = (config: ImageConfig): boolean => {
  const { history } = config
  return !history?.length || history.filter((h) => !h.empty_layer).length === config.rootfs.diff_ids.length
}

/** Throws `bad-history` when the entries that are not `empty_layer` are not as many as the layers. */
export const checkHistory = (config: ImageConfig): void => {
  if (historyMatches(config)) return
  const layers = config.rootfs.diff_ids.length
  const entries = config.history?.filter((h) => !h.empty_layer).length ?? 0
  throw new AppError(
    'bad-history',
    `assemble image config: ${entries} history entries make a layer, expected ${layers}, the number of layers`,
  )
}

/** Pairs history entries with layers, oldest first. A foreign image whose history does not match has its layers only. */
export const layerHistory = (config: ImageConfig): readonly HistoryLayer[] => {
  const diffIds = config.rootfs.diff_ids
  if (!config.history?.length || !historyMatches(config)) {
    return diffIds.map((diffId, layer) => ({ entry: {}, diffId, layer }))
  }
  let next = 0
  return config.history.map((entry) => {
    const layer = next
    const diffId = entry.empty_layer ? undefined : diffIds[next++]
    return diffId === undefined ? { entry } : { entry, diffId, layer }
  })
}
