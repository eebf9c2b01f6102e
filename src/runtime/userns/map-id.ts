import type { IdMapping } from './types.ts'

/** The host's id of one in the container; undefined when it is none. */
export const hostId = (maps: readonly IdMapping[], id: number): number | undefined => {
  const map = maps.find(({ containerID, size }) => id >= containerID && id < containerID + size)
  return map && map.hostID + (id - map.containerID)
}
